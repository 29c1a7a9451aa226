// Benthos does the work of the stream: it reads a Kafka topic, makes rows, and inserts them into a table of PostgreSQL. The
// core of Benthos comes without either, so input and output are made here from the clients that its own components are made
// from; like its sql_insert, the output writes a batch by one INSERT with a list of VALUES. Prints how long it took from
// the first record to the last acknowledgement.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/lib/pq"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Records that the run ends after: those that are read, dropped ones included.
var expected int64

var read, written, settled int64
var startedAt atomic.Int64
var done = make(chan struct{})

// The input: a consumer group whose offsets are committed for what was acknowledged.
type input struct {
	brokers, topic, group string
	batch                 int
	client                *kgo.Client
}

func (in *input) Connect(context.Context) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(in.brokers, ",")...),
		kgo.ConsumerGroup(in.group),
		kgo.ConsumeTopics(in.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(time.Second),
	)
	in.client = client
	return err
}

func (in *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	fetches := in.client.PollRecords(ctx, in.batch)
	if err := fetches.Err(); err != nil {
		return nil, nil, err
	}
	records := fetches.Records()
	if len(records) == 0 {
		return nil, nil, ctx.Err()
	}
	startedAt.CompareAndSwap(0, time.Now().UnixNano())
	atomic.AddInt64(&read, int64(len(records)))
	batch := make(service.MessageBatch, len(records))
	for i, record := range records {
		message := service.NewMessage(record.Value)
		message.MetaSetMut("kafka_key", string(record.Key))
		batch[i] = message
	}
	return batch, func(_ context.Context, err error) error {
		if err != nil {
			return err
		}
		in.client.MarkCommitRecords(records...)
		if atomic.AddInt64(&settled, int64(len(records))) == expected {
			close(done)
		}
		return nil
	}, nil
}

func (in *input) Close(ctx context.Context) error {
	if err := in.client.CommitMarkedOffsets(ctx); err != nil {
		return err
	}
	in.client.Close()
	return nil
}

// The output: one statement for a batch.
type output struct {
	url, table string
	database   *sql.DB
}

func (out *output) Connect(context.Context) error {
	database, err := sql.Open("postgres", out.url)
	out.database = database
	return err
}

func (out *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	var statement strings.Builder
	fmt.Fprintf(&statement, "INSERT INTO %s (id, customer, total, note) VALUES ", out.table)
	values := make([]any, 0, len(batch)*4)
	for i, message := range batch {
		structured, err := message.AsStructured()
		if err != nil {
			return err
		}
		row := structured.(map[string]any)
		if i > 0 {
			statement.WriteByte(',')
		}
		fmt.Fprintf(&statement, "($%d,$%d,$%d,$%d)", i*4+1, i*4+2, i*4+3, i*4+4)
		values = append(values, row["id"], row["customer"], fmt.Sprint(row["total"]), row["note"])
	}
	if _, err := out.database.ExecContext(ctx, statement.String(), values...); err != nil {
		return err
	}
	atomic.AddInt64(&written, int64(len(batch)))
	return nil
}

func (out *output) Close(context.Context) error {
	return out.database.Close()
}

const stream = `
input:
  bench_kafka: {}
pipeline:
  threads: %d
  processors:
    - mapping: |
        root = {"id": this.id, "customer": this.customer.name, "total": this.total, "note": this.note}
output:
  bench_postgres: {}
logger:
  level: error
`

func main() {
	brokers := flag.String("brokers", "", "host:port of the brokers")
	from := flag.String("from", "", "topic to read")
	url := flag.String("url", "", "database to write to")
	to := flag.String("to", "", "table to write")
	group := flag.String("group", "", "consumer group")
	batch := flag.Int("batch", 1000, "records of a batch at most")
	threads := flag.Int("threads", 2, "threads of the pipeline")
	inFlight := flag.Int("in-flight", 4, "batches that are written at once")
	flag.Int64Var(&expected, "records", 0, "records to read")
	flag.Parse()
	if err := run(*brokers, *url, *from, *to, *group, *batch, *threads, *inFlight); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(brokers, url, from, to, group string, batch, threads, inFlight int) error {
	environment := service.NewEnvironment()
	spec := service.NewConfigSpec()
	err := environment.RegisterBatchInput("bench_kafka", spec,
		func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) {
			return service.AutoRetryNacksBatched(&input{brokers: brokers, topic: from, group: group, batch: batch}), nil
		})
	if err != nil {
		return err
	}
	err = environment.RegisterBatchOutput("bench_postgres", spec,
		func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			return &output{url: url, table: to}, service.BatchPolicy{}, inFlight, nil
		})
	if err != nil {
		return err
	}
	builder := environment.NewStreamBuilder()
	if err := builder.SetYAML(fmt.Sprintf(stream, threads)); err != nil {
		return err
	}
	built, err := builder.Build()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	go func() {
		<-done
		elapsed := time.Since(time.Unix(0, startedAt.Load()))
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
			"read": atomic.LoadInt64(&read), "written": atomic.LoadInt64(&written), "ms": elapsed.Milliseconds(),
		})
		_ = built.StopWithin(5 * time.Second)
	}()
	return built.Run(ctx)
}
