// Runs quamina over the sets of one benchmark.
//
// Arguments: the file of events (one JSON text a line), the file of sets (one JSON object a line: name, rules as pairs
// of name and pattern), seconds of measuring for each set. Prints one JSON object for each set: events a second and, for
// every rule that matched, how often. A set with an operator that quamina does not have is reported with its error.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"quamina.net/go/quamina/v2"
)

type ruleSet struct {
	Name  string               `json:"name"`
	Rules [][2]json.RawMessage `json:"rules"`
}

type figure struct {
	Name   string         `json:"name"`
	Rate   float64        `json:"rate,omitempty"`
	Counts map[string]int `json:"counts,omitempty"`
	Error  string         `json:"error,omitempty"`
}

func main() {
	events := readLines(os.Args[1])
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	if err != nil {
		panic(err)
	}
	for _, line := range readLines(os.Args[2]) {
		var set ruleSet
		if err := json.Unmarshal(line, &set); err != nil {
			panic(err)
		}
		result, err := measure(set, events, seconds)
		if err != nil {
			result = figure{Name: set.Name, Error: err.Error()}
		}
		text, _ := json.Marshal(result)
		fmt.Println(string(text))
	}
}

func readLines(path string) [][]byte {
	content, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return bytes.Split(bytes.TrimSpace(content), []byte("\n"))
}

func measure(set ruleSet, events [][]byte, seconds float64) (figure, error) {
	matcher, err := quamina.New()
	if err != nil {
		return figure{}, err
	}
	for _, rule := range set.Rules {
		var name string
		if err := json.Unmarshal(rule[0], &name); err != nil {
			return figure{}, err
		}
		if err := matcher.AddPattern(name, translate(string(rule[1]))); err != nil {
			return figure{}, err
		}
	}
	counts := map[string]int{}
	for _, event := range events {
		matches, err := matcher.MatchesForEvent(event)
		if err != nil {
			return figure{}, err
		}
		for _, match := range matches {
			counts[match.(string)]++
		}
	}
	rate, err := bestRate(matcher, events, seconds)
	return figure{Name: set.Name, Rate: rate, Counts: counts}, err
}

// quamina writes a suffix as a wildcard.
func translate(pattern string) string {
	return strings.ReplaceAll(pattern, `{"suffix":"`, `{"wildcard":"*`)
}

// The best round after one of warming up: the machine is shared, so the best is the least disturbed.
func bestRate(matcher *quamina.Quamina, events [][]byte, seconds float64) (float64, error) {
	roundSize := min(3000, len(events))
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	best := 0.0
	next := 0
	for round := 0; round < 2 || time.Now().Before(end); round++ {
		start := time.Now()
		for done := 0; done < roundSize; done++ {
			if _, err := matcher.MatchesForEvent(events[next]); err != nil {
				return 0, err
			}
			next = (next + 1) % len(events)
		}
		rate := float64(roundSize) / time.Since(start).Seconds()
		if round > 0 && rate > best {
			best = rate
		}
	}
	return best, nil
}
