package main

import (
	"math"
	"slices"
	"time"
)

// report is the JSON document. Latencies are milliseconds, sizes 10^6 bytes; memory is 2^20 bytes.
type report struct {
	Operations      int       `json:"operations"`
	Errors          int       `json:"errors"`
	FirstError      string    `json:"first_error,omitempty"`
	Seconds         float64   `json:"seconds"`
	PerSecond       float64   `json:"per_second"`
	P50             float64   `json:"p50_ms"`
	P99             float64   `json:"p99_ms"`
	Max             float64   `json:"max_ms"`
	MegabytesSecond float64   `json:"megabytes_per_second"`
	GeneratorCPU    float64   `json:"generator_cpu_seconds"`
	CPU             float64   `json:"cpu_seconds"`
	Resident        float64   `json:"resident_mb"`
	PeakResident    float64   `json:"peak_resident_mb"`
	ResidentQuarter []float64 `json:"resident_quarters_mb,omitempty"`
	LeftOpen        *int      `json:"left_open,omitempty"`
	Body            string    `json:"body,omitempty"`
}

func summarize(r *run, usage usage) *report {
	summary := &report{
		GeneratorCPU:    usage.generatorCPU,
		CPU:             usage.cpu,
		Resident:        usage.resident,
		PeakResident:    usage.peak,
		ResidentQuarter: quarters(usage.samples),
	}
	var latencies []time.Duration
	var bytes int64
	last := r.from
	for i := range r.recorders {
		recorder := &r.recorders[i]
		latencies = append(latencies, recorder.latencies...)
		bytes += recorder.bytes
		summary.Errors += recorder.errors
		if summary.FirstError == "" && recorder.firstError != nil {
			summary.FirstError = recorder.firstError.Error()
		}
		if recorder.last.After(last) {
			last = recorder.last
		}
	}
	slices.Sort(latencies)
	summary.Operations = len(latencies)
	summary.P50 = milliseconds(quantile(latencies, 0.5))
	summary.P99 = milliseconds(quantile(latencies, 0.99))
	summary.Max = milliseconds(quantile(latencies, 1))
	if summary.Seconds = last.Sub(r.from).Seconds(); summary.Seconds > 0 {
		summary.PerSecond = float64(len(latencies)) / summary.Seconds
		summary.MegabytesSecond = float64(bytes) / 1e6 / summary.Seconds
	}
	return summary
}

// quantile is the smallest value that at least the fraction q of the sorted values does not exceed
// (the nearest-rank method); 0 if there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// quarters are the means of the four quarters of samples, nil if there are fewer than four.
func quarters(samples []float64) []float64 {
	if len(samples) < 4 {
		return nil
	}
	var means []float64
	for i := range 4 {
		part := samples[i*len(samples)/4 : (i+1)*len(samples)/4]
		var sum float64
		for _, sample := range part {
			sum += sample
		}
		means = append(means, sum/float64(len(part)))
	}
	return means
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
