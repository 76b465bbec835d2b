package service_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/splitvote/splitvote/targets/once"
	"github.com/splitvote/splitvote/targets/service"
)

// The test's own binary is also the program that makes calls for a service.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "client" {
		answerCalls(os.Args[2:])
		return
	}
	goleak.VerifyTestMain(m)
}

// answerCalls answers each call as its key says: key is what to do, as "ok 3" or "silent".
func answerCalls(args []string) {
	lines := bufio.NewScanner(os.Stdin)
	calls := 0
	for lines.Scan() {
		var asked struct {
			F, Key string
			Value  json.RawMessage
			Index  int
		}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var answer string
		switch calls++; asked.Key {
		case "": // whether we are ready
			calls--
			answer = `{"type": "ok"}`
			if len(args) > 0 && args[0] == "1.2.3.4:0" {
				answer = `{"type": "fail", "error": "nobody there"}`
			}
		case "args":
			text, _ := json.Marshal(args)
			answer = fmt.Sprintf(`{"type": "ok", "value": %s}`, text)
		case "calls":
			answer = fmt.Sprintf(`{"type": "ok", "value": %d}`, calls)
		case "echo":
			answer = fmt.Sprintf(`{"type": "ok", "value": [%q, %s, %d]}`, asked.F, asked.Value, asked.Index)
		case "fail":
			answer = `{"type": "fail", "error": "no"}`
		case "elsewhere":
			answer = `{"type": "fail", "error": "not here", "elsewhere": true}`
		case "info":
			answer = `{"type": "info", "error": "who knows"}`
		case "garbage":
			answer = `hello`
		case "untyped":
			answer = `{"value": 3}`
		case "other":
			answer = `{"type": "ok", "index": 2}`
		case "own":
			answer = fmt.Sprintf(`{"type": "ok", "index": %d}`, asked.Index)
		case "cut":
			fmt.Print(`{"type": "o`)
			return
		case "long":
			answer = `{"type": "ok", "value": "` + strings.Repeat("x", once.Most) + `"}`
		case "twice":
			answer = fmt.Sprintf(`{"type": "ok", "value": %d}`+"\n"+`{"type": "ok", "value": 99}`, calls)
		case "leave":
			fmt.Printf(`{"type": "ok", "value": %d}`+"\n", calls)
			fmt.Fprintln(os.Stderr, "bye")
			os.Exit(3)
		case "deaf":
			fmt.Printf(`{"type": "ok", "value": %d}`+"\n", calls)
			if silent, _, err := os.Pipe(); err == nil {
				silent.Read(make([]byte, 1))
			}
		case "silent":
			continue
		case "die":
			fmt.Fprintln(os.Stderr, "the connection is lost")
			os.Exit(1)
		}
		fmt.Println(answer)
	}
}

// load writes a file and reads it as a service's.
func load(t *testing.T, text string) (*service.Service, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kv.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return service.Load(name)
}

func mustLoad(t *testing.T, text string) *service.Service {
	t.Helper()
	s, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
