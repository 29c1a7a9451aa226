package main

import "fmt"

type guest struct {
	Name string `json:"name"`
}

type greeting struct {
	Greeting  string `json:"greeting"`
	RequestID string `json:"requestId"`
}

// greet is called for each event, which is read from JSON; what it returns goes to the caller as JSON.
func greet(requestID string, event guest) (greeting, error) {
	if event.Name == "" {
		event.Name = "world"
	}
	fmt.Printf("greeting %s\n", event.Name)
	return greeting{Greeting: "Hello, " + event.Name + "!", RequestID: requestID}, nil
}

func main() {
	serve(greet)
}
