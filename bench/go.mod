module authsome/bench

go 1.24

// Some proxies that are measured issue certificates with negative serial numbers.
godebug x509negativeserial=1

require golang.org/x/net v0.43.0

require golang.org/x/text v0.28.0 // indirect
