package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// retryPause keeps a failing worker from spinning.
const retryPause = 5 * time.Millisecond

// run is one measurement in progress: when it starts and ends, and what its workers recorded.
type run struct {
	*settings
	from, until, deadline time.Time
	started               atomic.Int64 // operations begun in the measured time
	recorders             []recorder
}

// recorder collects what one worker did.
type recorder struct {
	from       time.Time
	latencies  []time.Duration
	bytes      int64
	last       time.Time // end of the last measured operation
	errors     int
	firstError error
}

// record notes an operation, unless it began while warming up.
func (r *recorder) record(start, end time.Time, bytes int64) {
	if start.Before(r.from) {
		return
	}
	r.latencies = append(r.latencies, end.Sub(start))
	r.bytes += bytes
	r.last = end
}

// fail notes an error, warming up or not.
func (r *recorder) fail(err error) {
	r.errors++
	if r.firstError == nil {
		r.firstError = err
	}
	time.Sleep(retryPause)
}

// more tells a worker whether to begin another operation.
func (r *run) more() bool {
	now := time.Now()
	if now.After(r.until) {
		return false
	}
	return r.count == 0 || now.Before(r.from) || r.started.Add(1) <= int64(r.count)
}

// measure runs s.workers copies of work and reads the process tree meanwhile.
func (s *settings) measure(work func(*run, *recorder)) *report {
	begin := time.Now()
	r := &run{settings: s, from: begin.Add(s.warmUp), recorders: make([]recorder, s.workers)}
	r.until = r.from.Add(s.duration)
	r.deadline = begin.Add(s.timeout)
	var workers sync.WaitGroup
	for i := range r.recorders {
		r.recorders[i].from = r.from
		workers.Add(1)
		go func() {
			defer workers.Done()
			work(r, &r.recorders[i])
		}()
	}
	time.Sleep(time.Until(r.from))
	watch := watchProcesses(s.pid, s.resetPeak)
	workers.Wait()
	usage := watch.stop()
	return summarize(r, usage)
}
