package explore

import "slices"

// Bounds of what is computed once for several requests.
const (
	mostResults     = 16
	mostResultBytes = 128 << 20
)

// memo keeps the latest results. It is for the work of desk.alone.
type memo struct{ list []result }

type result struct {
	key   any // comparable
	value any
	bytes int
}

// remembered returns a result, which compute finds at first.
func remembered[T any](m *memo, key any, compute func() (value T, bytes int, err error)) (T, error) {
	at := slices.IndexFunc(m.list, func(r result) bool { return r.key == key })
	if at >= 0 {
		r := m.list[at]
		m.list = append(slices.Delete(m.list, at, at+1), r)
		return r.value.(T), nil
	}
	v, bytes, err := compute()
	if err != nil {
		return v, err
	}
	m.list = append(m.list, result{key, v, bytes})
	for len(m.list) > 1 && (len(m.list) > mostResults || m.bytes() > mostResultBytes) {
		m.list = slices.Delete(m.list, 0, 1)
	}
	return v, nil
}

func (m *memo) bytes() int {
	sum := 0
	for _, r := range m.list {
		sum += r.bytes
	}
	return sum
}
