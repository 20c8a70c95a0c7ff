// A test of an encoder in Go, with its standard library alone: go test -v
//
// The encoder is what ENCODER says, a command with the word {url} in it; without one, trio-srs
// publishes a stream of its own. PYTHON is a Python with trio-srs[api] installed.
package encoder

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var python = variable("PYTHON", "python3")
var encoder = variable("ENCODER",
	python+" -m trio_srs publish --pattern h264:320x180@25 --seconds 1 --quiet {url}")

func variable(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}

// A server that runs, and where.
type server struct {
	RTMP []string `json:"rtmp"`
	API  []string `json:"api"`
}

// startServer starts one on free ports; it ends with the test.
func startServer(t *testing.T) *server {
	t.Helper()
	command := exec.Command(python, "-m", "trio_srs", "serve", "--die-with-parent",
		"--listen", "127.0.0.1:0", "--api", "127.0.0.1:0", "--set", `stream.inspect="full"`)
	var log bytes.Buffer
	command.Stderr = &log
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	// One line of JSON says that all ports are open; where the server gives up there is none.
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		command.Wait()
		t.Fatalf("the server did not start: %s", log.String())
	}
	there := new(server)
	if err := json.Unmarshal(line, there); err != nil {
		t.Fatal(err)
	}
	return there
}

func (s *server) url(stream string) string { return s.RTMP[0] + "/" + stream }

// ask has an answer of the API; one that is an error fails the test, with what the server says.
func (s *server) ask(t *testing.T, path string, body, answer any) {
	t.Helper()
	method, reader := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		method, reader = http.MethodPost, bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, s.API[0]+"/api/v2"+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		var failure struct{ Code, Message string }
		json.NewDecoder(response.Body).Decode(&failure)
		t.Fatalf("%s (%s)", failure.Message, failure.Code)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}

// wait waits until something has happened to a stream, and not by sleeping.
func (s *server) wait(t *testing.T, stream, until string) {
	t.Helper()
	query := url.Values{"stream": {stream}, "until": {until}, "timeout": {"20"}}
	s.ask(t, "/wait?"+query.Encode(), nil, new(struct{}))
}

// expect fails the test by each rule that a stream does not meet.
func (s *server) expect(t *testing.T, stream string, rules ...string) {
	t.Helper()
	var judged struct {
		Verdicts []struct {
			Met     bool
			Message string
		}
	}
	s.ask(t, "/streams/"+stream+"/expect", map[string]any{"rules": rules}, &judged)
	for _, verdict := range judged.Verdicts {
		if !verdict.Met {
			t.Error(verdict.Message)
		}
	}
}

func command(url string) *exec.Cmd {
	words := strings.Fields(strings.ReplaceAll(encoder, "{url}", url))
	command := exec.Command(words[0], words[1:]...)
	command.Stderr = os.Stderr
	return command
}

func TestTheEncoderSendsWhatItShould(t *testing.T) {
	server := startServer(t)
	encoder := command(server.url("live/cam1"))
	if err := encoder.Start(); err != nil {
		t.Fatal(err)
	}
	defer encoder.Process.Kill()
	server.wait(t, "live/cam1", "first_keyframe")
	if err := encoder.Wait(); err != nil {
		t.Fatal("the encoder: ", err)
	}
	server.wait(t, "live/cam1", "unpublished")
	server.expect(t, "live/cam1", "healthy", "video.codec == h264", "video.fps ~ 25")
}

func TestTheEncoderComesBackWhenItIsRefusedOnce(t *testing.T) {
	server := startServer(t)
	var fault struct{ Name string }
	server.ask(t, "/faults", map[string]string{"fault": "refuse publish times=1"}, &fault)
	for range [2]int{} { // an encoder that tries again by itself is started once
		command(server.url("live/cam1")).Run()
	}
	server.wait(t, "live/cam1", "unpublished")
	var sessions struct{ Total int }
	server.ask(t, "/sessions?stream=live/cam1&what=publish", nil, &sessions)
	if sessions.Total != 2 {
		t.Errorf("it connected %d times: expected 2", sessions.Total)
	}
}

// The first test in one command, which starts the server, runs the encoder and judges.
func TestTheEncoderInOneCommand(t *testing.T) {
	words := []string{"-m", "trio_srs", "expect", "--quiet", "--expect", "healthy",
		"--expect", "video.codec == h264", "--"}
	words = append(words, strings.Fields(encoder)...)
	if said, err := exec.Command(python, words...).CombinedOutput(); err != nil {
		t.Error(fmt.Sprintf("%v\n%s", err, said))
	}
}
