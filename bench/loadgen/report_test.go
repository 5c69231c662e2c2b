package main

import (
	"slices"
	"testing"
	"time"
)

func TestQuantileIsTheNearestRank(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		values   []time.Duration
		q        float64
		expected time.Duration
	}{
		{nil, 0.5, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 0.99, 7},
		{[]time.Duration{1, 2}, 0.5, 1},
		{[]time.Duration{1, 2, 3}, 0.5, 2},
		{[]time.Duration{1, 2, 3}, 0.99, 3},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
	} {
		if got := quantile(c.values, c.q); got != c.expected {
			t.Errorf("quantile(%v values, %v) = %v, not %v", len(c.values), c.q, got, c.expected)
		}
	}
}

func TestQuartersAreMeansOfEqualParts(t *testing.T) {
	if got := quarters([]float64{1, 3, 2, 2, 5, 7, 0, 10}); !slices.Equal(got, []float64{2, 2, 6, 5}) {
		t.Errorf("%v", got)
	}
	if got := quarters([]float64{1, 2, 3}); got != nil {
		t.Errorf("%v", got)
	}
}

func TestOnlyWhatBeganAfterTheWarmUpCounts(t *testing.T) {
	from := time.Now()
	r := &run{settings: &settings{}, from: from, recorders: []recorder{{from: from}, {from: from}}}
	r.recorders[0].record(from.Add(-time.Millisecond), from.Add(time.Millisecond), 1000)
	r.recorders[0].record(from, from.Add(10*time.Millisecond), 1000)
	r.recorders[1].record(from.Add(time.Second), from.Add(2*time.Second), 3_000_000)
	got := summarize(r, usage{})
	if got.Operations != 2 || got.Seconds != 2 || got.PerSecond != 1 || got.Max != 1000 {
		t.Errorf("%+v", got)
	}
	if got.MegabytesSecond != 1.5005 {
		t.Errorf("%v MB/s", got.MegabytesSecond)
	}
}
