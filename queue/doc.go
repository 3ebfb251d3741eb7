// Package queue spreads the classifying of pictures over many processes and
// machines, by NATS JetStream: what has to be done waits in a server, or in a
// cluster of three, and workers take it from there.
//
//	q, err := queue.New(connection)
//	job, err := q.Create(ctx, "signs", queue.JobOptions{})
//	count, err := job.Submit(ctx, queue.Lines(os.Stdin))
//	err = job.Work(ctx, queue.WorkOptions{Program: program, Batch: 16}) // on any machine, any number of times
//	sum, err := job.Collect(ctx, queue.CollectOptions{Follow: true, Result: write})
//
// A job is three streams, on file:
//
//	vkeras-JOB-tasks    work-queue retention: vkeras.JOB.task.KEY is an item that is not done
//	vkeras-JOB-results  vkeras.JOB.result.KEY is the answer to it, of which the server takes one
//	vkeras-JOB-ledger   vkeras.JOB.dead.KEY is an item that was given up; the server's
//	                    advisories of such; vkeras.JOB.submitting.* while a submission goes on
//
// KEY stands for what tells an item from others. An item is acknowledged, and so
// removed from the tasks, only after its result is stored. Whatever dies in
// between, it is delivered again, and of two results to one item the server
// refuses the second: each item that is not dead has its result exactly once.
//
// The package knows lines, not pictures: a child process, `vkeras worker`,
// answers each line with one, and what it answers is stored as it came. An item
// that was delivered before may be what ended a worker: it is given to the child
// alone, so that it takes no others with it.
//
// https://docs.nats.io/nats-concepts/jetstream says what the server promises.
package queue
