package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

// serve asks the platform for one event after the other and answers each, without any library.
func serve[Event, Result any](handle func(requestID string, event Event) (Result, error)) {
	base := "http://" + os.Getenv("FC_RUNTIME_API") + "/2020-11-11/runtime/invocation/"
	for {
		next, err := http.Get(base + "next")
		if err != nil {
			// The instance is ending.
			os.Exit(0)
		}
		payload, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil || next.StatusCode != http.StatusOK {
			continue
		}
		id := next.Header.Get("x-fc-request-id")
		kind, answer := "response", []byte(nil)
		// Type 0 is an event; the others are hooks, which this function does not have.
		if kindOf := next.Header.Get("x-fc-function-type"); kindOf == "" || kindOf == "0" {
			kind, answer = call(handle, id, payload)
		}
		reply, err := http.Post(base+id+"/"+kind, "application/json", bytes.NewReader(answer))
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, reply.Body)
		reply.Body.Close()
	}
}

func call[Event, Result any](handle func(string, Event) (Result, error), id string, payload []byte) (string, []byte) {
	var event Event
	if len(payload) > 0 {
		if err := json.Unmarshal(payload, &event); err != nil {
			return failed(err)
		}
	}
	result, err := handle(id, event)
	if err != nil {
		return failed(err)
	}
	answer, err := json.Marshal(result)
	if err != nil {
		return failed(err)
	}
	return "response", answer
}

func failed(err error) (string, []byte) {
	answer, _ := json.Marshal(map[string]string{"errorMessage": err.Error(), "errorType": fmt.Sprintf("%T", err)})
	return "error", answer
}
