package history_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/splitvote/splitvote/history"
)

// recorded is a file of n operations, each an invocation and a completion, as a run of twenty
// clients records them.
func recorded(operations int) []byte {
	draw := rand.New(rand.NewPCG(1, 1))
	var file []byte
	now, next := int64(0), 0
	under := map[int]string{}
	index := 0
	line := func(process int, kind, rest string) {
		now += draw.Int64N(400_000)
		file = fmt.Appendf(file, `{"index":%d,"time":%d,"process":%d,"type":"%s",%s,"node":"n%d"}`+"\n", index, now,
			process, kind, rest, 1+process%5)
		index++
	}
	for index < 2*operations {
		p := draw.IntN(20)
		if rest, busy := under[p]; busy {
			line(p, "ok", rest)
			delete(under, p)
			continue
		}
		f, value := "read", "null"
		if draw.IntN(2) == 0 {
			next++
			f, value = "write", strconv.Itoa(next)
		}
		under[p] = fmt.Sprintf(`"f":"%s","value":%s`, f, value)
		line(p, "invoke", under[p])
	}
	return file
}

// operations is how many a benchmark reads: a hundred thousand, or what SPLITVOTE_BENCH says.
func operations() int {
	if n, err := strconv.ParseFloat(os.Getenv("SPLITVOTE_BENCH"), 64); err == nil {
		return int(n)
	}
	return 100_000
}

// BenchmarkReadJSONL compares a history read with the least that encoding/json takes to parse its
// lines into events, which are then not even kept.
func BenchmarkReadJSONL(b *testing.B) {
	file := recorded(operations())
	bare := func() {
		lines := bufio.NewScanner(bytes.NewReader(file))
		for lines.Scan() {
			var op history.Op
			if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			bare()
		}
	})
	b.Run("history", func(b *testing.B) {
		start := time.Now()
		bare()
		other := time.Since(start)
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := history.Read(bytes.NewReader(file)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(other)*float64(b.N)/float64(b.Elapsed()), "x-encoding-json")
	})
}

// BenchmarkReadBinary compares the binary form of a history with its JSON lines.
func BenchmarkReadBinary(b *testing.B) {
	lines := recorded(operations())
	start := time.Now()
	h, err := history.Read(bytes.NewReader(lines))
	if err != nil {
		b.Fatal(err)
	}
	other := time.Since(start)
	var file bytes.Buffer
	if err := history.WriteBinary(&file, h); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := history.Decode(bytes.NewReader(file.Bytes()), history.Binary); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(lines))/float64(file.Len()), "x-smaller")
	b.ReportMetric(float64(other)*float64(b.N)/float64(b.Elapsed()), "x-jsonl")
}
