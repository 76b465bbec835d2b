package history

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The binary form, as docs/history-format.md describes it: a header, then blocks that need nothing
// of each other, so that a writer can go on with a file, readers share the work, and one that is
// cut off is read up to its last whole block.

// binaryMagic is what a file begins with; a byte with the version follows. A transfer that takes it
// for text breaks it.
const (
	binaryMagic   = "\x89svh\r\n\x1a"
	binaryVersion = 1
)

const (
	blockHead = 8           // bytes: length and checksum of what follows
	blockGoal = 64 << 10    // bytes at which a block is written
	blockMost = 2 * maxLine // bytes of a block that is read
)

// bits of an event's first byte, above its Kind.
const (
	hasKey = 4 << iota
	hasNode
	hasError
	ofNemesis
	hasValue
	isFinal
	kindBits = 3
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// BlockError is what is wrong with a file in the binary form.
type BlockError struct {
	Block int // from 1; 0 is the header
	What  string
}

func (e *BlockError) Error() string {
	if e.Block == 0 {
		return "header: " + oneLine(e.What)
	}
	return fmt.Sprintf("block %d: %s", e.Block, oneLine(e.What))
}

// BinaryWriter writes a history in the binary form as it comes.
type BinaryWriter struct {
	w       io.Writer
	begun   bool
	count   int
	numbers map[string]uint64 // of the block's names
	names   []byte
	events  []byte
	start   time.Duration // of the block
	last    time.Duration
	buf     []byte
}

// NewBinaryWriter writes to w, whole blocks at once.
func NewBinaryWriter(w io.Writer) *BinaryWriter {
	return &BinaryWriter{w: w, numbers: map[string]uint64{}}
}

// Add appends an event; its Index is not kept. It is written with the block that it belongs to, at
// the latest by Flush.
func (b *BinaryWriter) Add(op *Op) error {
	switch {
	case op.Time < b.last:
		return fmt.Errorf("event %d: time %d is before the time %d of the event before it (H3)", op.Index, op.Time,
			b.last)
	case op.F == "" || op.Process < Nemesis || int(op.Kind) >= len(kinds):
		return fmt.Errorf("event %d: process %d cannot %s %q", op.Index, op.Process, op.Kind, op.F)
	case len(op.F)+len(op.Key)+len(op.Node)+len(op.Err)+len(op.Value) > maxLine:
		return fmt.Errorf("event %d: longer than %d bytes", op.Index, maxLine)
	}
	value := op.Value
	if !isPlain(value) {
		var compact bytes.Buffer
		if err := json.Compact(&compact, value); err != nil {
			return fmt.Errorf("event %d: %w", op.Index, err)
		}
		value = compact.Bytes()
	}
	if b.count == 0 {
		b.start, b.last = op.Time, op.Time
	}
	head := byte(op.Kind)
	set := func(bit byte, is bool) {
		if is {
			head |= bit
		}
	}
	set(hasKey, op.Key != "")
	set(hasNode, op.Node != "")
	set(hasError, op.Err != "")
	set(ofNemesis, op.Process == Nemesis)
	set(hasValue, len(value) > 0 && string(value) != "null")
	set(isFinal, op.Final)
	b.events = binary.AppendUvarint(append(b.events, head), uint64(op.Time-b.last))
	b.last = op.Time
	if head&ofNemesis == 0 {
		b.events = binary.AppendUvarint(b.events, uint64(op.Process))
	}
	b.name(op.F)
	for _, text := range []string{op.Key, string(op.Node), op.Err} {
		if text != "" {
			b.name(text)
		}
	}
	if head&hasValue != 0 {
		b.events = append(binary.AppendUvarint(b.events, uint64(len(value))), value...)
	}
	b.count++
	if len(b.names)+len(b.events) >= blockGoal {
		return b.Flush()
	}
	return nil
}

// isPlain recognises the values that are surely valid and compact: none, null and whole numbers.
func isPlain(value json.RawMessage) bool {
	if len(value) == 0 || string(value) == "null" {
		return true
	}
	for _, c := range value {
		if c-'0' > 9 {
			return false
		}
	}
	return value[0] != '0' || len(value) == 1
}

// name writes the number of a name, which it gets with its first use in a block.
func (b *BinaryWriter) name(text string) {
	number, known := b.numbers[text]
	if !known {
		number = uint64(len(b.numbers))
		b.numbers[text] = number
		b.names = append(binary.AppendUvarint(b.names, uint64(len(text))), text...)
	}
	b.events = binary.AppendUvarint(b.events, number)
}

// Flush writes what is not yet written, as a block.
func (b *BinaryWriter) Flush() error {
	b.buf = b.buf[:0]
	if !b.begun {
		b.begun = true
		b.buf = append(append(b.buf, binaryMagic...), binaryVersion)
	}
	if b.count > 0 {
		at := len(b.buf)
		b.buf = append(b.buf, make([]byte, blockHead)...)
		b.buf = binary.AppendUvarint(b.buf, uint64(b.count))
		b.buf = binary.AppendUvarint(b.buf, uint64(b.start))
		b.buf = binary.AppendUvarint(b.buf, uint64(len(b.numbers)))
		b.buf = append(append(b.buf, b.names...), b.events...)
		payload := b.buf[at+blockHead:]
		binary.LittleEndian.PutUint32(b.buf[at:], uint32(len(payload)))
		binary.LittleEndian.PutUint32(b.buf[at+4:], crc32.Checksum(payload, castagnoli))
		b.count, b.names, b.events = 0, b.names[:0], b.events[:0]
		clear(b.numbers)
	}
	_, err := b.w.Write(b.buf)
	return err
}

// WriteBinary writes a history in the binary form.
func WriteBinary(w io.Writer, h *History) error {
	if h.Initial.Given() {
		return errors.New("the binary form has no header that could say what objects hold initially: write JSON " +
			"lines or EDN")
	}
	b := NewBinaryWriter(w)
	for i := range h.Ops {
		if err := b.Add(&h.Ops[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// binaryFeeder divides a file in the binary form into its blocks.
type binaryFeeder struct {
	r      io.Reader
	number int // of blocks begun
}

// fill reads the next block, without its head.
func (f *binaryFeeder) fill(b *block) {
	f.number++
	b.first, b.last, b.cut, b.failure = f.number == 1, false, false, nil
	b.number = f.number
	b.text = b.text[:0]
	if b.first {
		if err := f.header(); err != nil {
			f.end(b, err)
			return
		}
	}
	var head [blockHead]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		f.end(b, err)
		return
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length > blockMost {
		f.end(b, &BlockError{f.number, fmt.Sprintf("has %d bytes, more than %d", length, blockMost)})
		return
	}
	size := int(length)
	for len(b.text) < size { // a length that is a lie must not cost memory
		have := len(b.text)
		b.text = slices.Grow(b.text, min(size-have, max(have, blockGoal))+1)
		b.text = b.text[:min(size, cap(b.text)-1)]
		if n, err := io.ReadFull(f.r, b.text[have:]); err != nil {
			b.text = b.text[:have+n]
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			f.end(b, err)
			return
		}
	}
	if sum := binary.LittleEndian.Uint32(head[4:]); crc32.Checksum(b.text, castagnoli) != sum {
		f.end(b, &BlockError{f.number, "is damaged: the checksum is another"})
		return
	}
	b.text = append(b.text, '\n') // scanner wants one
}

func (f *binaryFeeder) header() error {
	var head [len(binaryMagic) + 1]byte
	n, err := io.ReadFull(f.r, head[:])
	switch {
	case err != nil && strings.HasPrefix(binaryMagic, string(head[:n])):
		return err
	case err != nil || string(head[:len(binaryMagic)]) != binaryMagic:
		return &BlockError{0, "this is not the binary form of a history"}
	case head[len(binaryMagic)] != binaryVersion:
		return &BlockError{0, fmt.Sprintf("the binary form is of version %d, known is %d", head[len(binaryMagic)],
			binaryVersion)}
	}
	return nil
}

// end makes b the last block, with nothing in it.
func (f *binaryFeeder) end(b *block, err error) {
	b.text, b.last = b.text[:0], true
	var known *BlockError
	switch {
	case errors.Is(err, io.EOF):
	case errors.Is(err, io.ErrUnexpectedEOF):
		b.cut = true
	case errors.As(err, &known):
		b.failure = err
	default:
		b.failure = &BlockError{f.number, err.Error()}
	}
}

// binarySource reads the binary form event by event. What a writer flushes is read before the next
// block is written.
type binarySource struct {
	feeder  binaryFeeder
	scanner scanner
	block   block
	given   int // of the block's events
}

func newBinarySource(in io.Reader) *binarySource { return &binarySource{feeder: binaryFeeder{r: in}} }

func (s *binarySource) at(err error) error { return err }

func (s *binarySource) next() (Op, error) {
	for s.given == len(s.block.ops) {
		b := &s.block
		switch {
		case b.bad != nil:
			return Op{}, b.bad
		case b.failure != nil:
			return Op{}, b.failure
		case b.cut:
			return Op{}, cutOff(b.breaksOff())
		case b.last:
			return Op{}, io.EOF
		}
		s.feeder.fill(b)
		s.feeder.parse(&s.scanner, b)
		s.given = 0
	}
	s.given++
	return s.block.ops[s.given-1], nil
}

// parse reads the events of a block.
func (f *binaryFeeder) parse(s *scanner, b *block) {
	b.ops, b.lines, b.count, b.bad = b.ops[:0], nil, 0, nil
	if b.last {
		return
	}
	d := decoder{data: b.text}
	count, start, names := d.uvarint(), d.uvarint(), d.uvarint()
	room := uint64(len(d.data))
	if d.broken || count > room || names > room || start > math.MaxInt64 {
		b.bad = &BlockError{b.number, "its beginning makes no sense"}
		return
	}
	b.names = b.names[:0]
	for range names {
		b.names = append(b.names, s.text(d.bytes()))
	}
	if d.broken {
		b.bad = &BlockError{b.number, "its names are not whole"}
		return
	}
	b.ops = slices.Grow(b.ops, int(min(count, room/3)))
	now := start
	for i := range count {
		b.ops = append(b.ops, Op{Value: null})
		if what := s.one(&d, b.names, &b.ops[len(b.ops)-1], &now); what != "" {
			b.ops = b.ops[:i]
			b.bad = &BlockError{b.number, fmt.Sprintf("event %d in it: %s", i, what)}
			return
		}
	}
	if d.at != len(d.data)-1 {
		b.bad = &BlockError{b.number, "has more than its events"}
	}
}

// one reads an event, and says what is wrong with it.
func (s *scanner) one(d *decoder, names []string, op *Op, now *uint64) (what string) {
	head := d.byte()
	*now += d.uvarint()
	name := func() string {
		if number := d.uvarint(); number < uint64(len(names)) {
			return names[number]
		}
		d.broken = true
		return ""
	}
	op.Kind, op.Process, op.Final = Kind(head&kindBits), Nemesis, head&isFinal != 0
	if head&ofNemesis == 0 {
		process := d.uvarint()
		if process > math.MaxInt64 {
			return "its process is beyond bounds"
		}
		op.Process = Process(process)
	}
	if *now > math.MaxInt64 {
		return "its time is beyond bounds"
	}
	op.Time = time.Duration(*now)
	op.F = name()
	if head&hasKey != 0 {
		op.Key = name()
	}
	if head&hasNode != 0 {
		op.Node = NodeID(name())
	}
	if head&hasError != 0 {
		op.Err = name()
	}
	if head&hasValue != 0 {
		raw := d.bytes()
		if len(raw) == 0 || !d.isValue(raw) {
			return "its value is not JSON"
		}
		op.Value = s.keep(raw)
	}
	switch {
	case d.broken:
		return "it cannot be read"
	case op.F == "":
		return "an event needs an f"
	}
	return ""
}

// text makes a name of bytes.
func (s *scanner) text(raw []byte) string {
	if !utf8.Valid(raw) {
		return strings.ToValidUTF8(string(raw), string(utf8.RuneError))
	}
	return s.intern(raw)
}

// decoder takes bytes apart. Once broken, it returns nothing of meaning.
type decoder struct {
	data   []byte
	at     int
	broken bool
}

func (d *decoder) byte() byte {
	if d.at >= len(d.data) {
		d.broken = true
		return 0
	}
	d.at++
	return d.data[d.at-1]
}

func (d *decoder) uvarint() uint64 {
	if d.at < len(d.data) && d.data[d.at] < 0x80 {
		d.at++
		return uint64(d.data[d.at-1])
	}
	n, width := binary.Uvarint(d.data[min(d.at, len(d.data)):])
	if width <= 0 {
		d.broken = true
		return 0
	}
	d.at += width
	return n
}

// bytes reads a length and so many bytes.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if d.broken || n > uint64(len(d.data)-d.at) {
		d.broken = true
		return nil
	}
	d.at += int(n)
	return d.data[d.at-int(n) : d.at]
}

// isValue says whether the bytes that were just read are a JSON value that may be kept.
func (d *decoder) isValue(raw []byte) bool {
	if end, ok := value(d.data, d.at-len(raw), 1); ok && end == d.at {
		return true
	}
	return json.Valid(raw) && checkDepth(raw, 1) == nil // there may be newlines in it, or a digit behind it
}
