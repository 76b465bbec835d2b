package history

import "io"

// The parts of the reader that its tests compare.

// Scan reads a line, without its newline, by the scanner alone.
func Scan(line []byte) (op Op, ok bool) {
	op.Value = null
	data := append([]byte(nil), line...)
	end, ok := new(scanner).event(append(data, '\n'), 0, &op)
	return op, ok && end == len(line)
}

// Parse reads a line by encoding/json alone.
func Parse(line []byte) (Op, error) { return parseOp(line) }

// IsHeader says whether a line is a header.
func IsHeader(line []byte) bool {
	_, header, err := headerOf(line)
	return header && err == nil
}

// ReadBlocks is Read with so many workers and blocks so small.
func ReadBlocks(r io.Reader, workers, blockSize int) (*History, error) {
	return readBlocks(&lineFeeder{r: r, least: blockSize}, sizeOf(r), workers)
}

// The limits.
const (
	MaxLine   = maxLine
	MaxMemory = maxMemory
)
