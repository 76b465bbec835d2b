module example.com/sharded

go 1.26.0

require github.com/splitvote/splitvote v0.0.0

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
)

replace github.com/splitvote/splitvote => ../..
