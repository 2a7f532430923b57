package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"time"
)

// batch is the most lines that are sent together.
const batch = 1000

// store is VictoriaLogs. While it is away lines wait, and so does who reads them: nodes keep what is not read yet.
type store struct{ url string }

var client = http.Client{Timeout: 10 * time.Second}

// send sends lines as they come, a second's together, until the program is asked to end; then those that wait, once.
func (s *store) send(ctx context.Context) {
	for ctx.Err() == nil || len(lines) > 0 {
		body := collect(ctx)
		for body.Len() > 0 {
			err := s.post(body.Bytes())
			taken.Store(err == nil)
			if err == nil {
				break
			}
			log.Printf("lines are not taken: %v", err)
			if ctx.Err() != nil {
				return
			}
			wait(ctx)
		}
	}
}

func collect(ctx context.Context) *bytes.Buffer {
	body := &bytes.Buffer{}
	encoder, end := json.NewEncoder(body), time.After(pause)
	for count := 0; count < batch; count++ {
		select {
		case next := <-lines:
			_ = encoder.Encode(next)
			continue
		default:
		}
		select {
		case next := <-lines:
			_ = encoder.Encode(next)
		case <-end:
			return body
		case <-ctx.Done():
			return body
		}
	}
	return body
}

func (s *store) post(body []byte) error {
	answer, err := client.Post(s.url+"/insert/jsonline?_stream_fields=sourcetype,source", "application/stream+json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s", answer.Status)
	}
	return nil
}

// last is the time of the newest line that the store has of a pod; zero for none.
func (s *store) last(ctx context.Context, pod string) time.Time {
	var found struct{ Last time.Time }
	query := url.Values{"query": {fmt.Sprintf("pod:=%q | stats max(_time) last", pod)}}
	for ; ctx.Err() == nil; wait(ctx) {
		answer, err := client.Get(s.url + "/select/logsql/query?" + query.Encode())
		if err != nil {
			continue
		}
		_ = json.NewDecoder(answer.Body).Decode(&found)
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			break
		}
	}
	return found.Last
}
