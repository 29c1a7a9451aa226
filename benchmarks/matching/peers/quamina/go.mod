module millrace.dev/benchmarks/quamina-peer

go 1.22
