package serve

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are the server's, in a registry of its own. Times are in seconds.
type metrics struct {
	registry *prometheus.Registry

	requests       *prometheus.CounterVec   // by model, status and transport
	images         *prometheus.CounterVec   // by model and device
	batchImages    *prometheus.HistogramVec // by model
	decodeSeconds  *prometheus.HistogramVec // by model; of one picture
	queueSeconds   *prometheus.HistogramVec // by model
	deviceSeconds  *prometheus.HistogramVec // by model and device
	requestSeconds *prometheus.HistogramVec // by model and transport
}

// seconds are the upper bounds of what the histograms of times tell apart: 0.1 ms
// to 13 s, each twice the one before.
func seconds() []float64 { return prometheus.ExponentialBuckets(1e-4, 2, 18) }

func newMetrics(s *Server) *metrics {
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "vkeras", Name: name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry:       prometheus.NewRegistry(),
		requests:       prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "vkeras", Name: "requests_total", Help: "Inference requests, by the status that HTTP has for what became of them."}, []string{"model", "status", "transport"}),
		images:         prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "vkeras", Name: "images_total", Help: "Images computed."}, []string{"model", "device"}),
		batchImages:    histogram("batch_images", "Images in a batch.", prometheus.ExponentialBuckets(1, 2, 10), "model"),
		decodeSeconds:  histogram("decode_seconds", "Time to decode, resize and scale one picture.", seconds(), "model"),
		queueSeconds:   histogram("queue_seconds", "Time from a request's images being ready to the start of their batch.", seconds(), "model"),
		deviceSeconds:  histogram("device_seconds", "Time of a batch on its device, copies to and from it included.", seconds(), "model", "device"),
		requestSeconds: histogram("request_seconds", "Time of an inference request, from its headers to the end of its answer.", seconds(), "model", "transport"),
	}
	m.registry.MustRegister(m.requests, m.images, m.batchImages, m.decodeSeconds, m.queueSeconds, m.deviceSeconds, m.requestSeconds,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, labels prometheus.Labels, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "vkeras", Name: name, Help: help, ConstLabels: labels}, value))
	}
	for name, q := range s.queues {
		model := prometheus.Labels{"model": name}
		gauge("queue_images", "Images in the server: being decoded, waiting or being computed.", model, func() float64 { return float64(q.held.Load()) })
		gauge("queue_limit_images", "Images that may be in the server at once.", model, func() float64 { return float64(q.limit) })
	}
	gauge("ready", "1 while the server takes part in the service, 0 while it drains or has lost its devices.", nil, func() float64 {
		if s.Ready() {
			return 1
		}
		return 0
	})
	return m
}
