// Benthos does the work of the stream: it reads one Kafka topic, drops some records, makes others, and writes to a
// second topic. The core of Benthos comes without Kafka, so input and output are made here from the client that its
// own Kafka components are made from. Prints how long it took from the first record to the last acknowledgement.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
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

// The output: produces a batch and waits until all of it is acknowledged by all replicas.
type output struct {
	brokers, topic string
	client         *kgo.Client
}

func (out *output) Connect(context.Context) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(out.brokers, ",")...),
		kgo.DefaultProduceTopic(out.topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	out.client = client
	return err
}

func (out *output) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	records := make([]*kgo.Record, len(batch))
	for i, message := range batch {
		value, err := message.AsBytes()
		if err != nil {
			return err
		}
		key, _ := message.MetaGet("kafka_key")
		records[i] = &kgo.Record{Key: []byte(key), Value: value}
	}
	err := out.client.ProduceSync(ctx, records...).FirstErr()
	if err == nil {
		atomic.AddInt64(&written, int64(len(records)))
	}
	return err
}

func (out *output) Close(context.Context) error {
	out.client.Close()
	return nil
}

const stream = `
input:
  bench_kafka: {}
pipeline:
  threads: %d
  processors:
    - mapping: |
        root = if this.kind != "order" { deleted() } else {
          {"id": this.id, "customer": this.customer.name, "total": this.total}
        }
output:
  bench_kafka: {}
logger:
  level: error
`

func main() {
	brokers := flag.String("brokers", "", "host:port of the brokers")
	from := flag.String("from", "", "topic to read")
	to := flag.String("to", "", "topic to write")
	group := flag.String("group", "", "consumer group")
	batch := flag.Int("batch", 1000, "records of a batch at most")
	threads := flag.Int("threads", 2, "threads of the pipeline")
	inFlight := flag.Int("in-flight", 8, "batches that are written at once")
	flag.Int64Var(&expected, "records", 0, "records to read")
	flag.Parse()
	if err := run(*brokers, *from, *to, *group, *batch, *threads, *inFlight); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(brokers, from, to, group string, batch, threads, inFlight int) error {
	environment := service.NewEnvironment()
	spec := service.NewConfigSpec()
	err := environment.RegisterBatchInput("bench_kafka", spec,
		func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) {
			return service.AutoRetryNacksBatched(&input{brokers: brokers, topic: from, group: group, batch: batch}), nil
		})
	if err != nil {
		return err
	}
	err = environment.RegisterBatchOutput("bench_kafka", spec,
		func(*service.ParsedConfig, *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			return &output{brokers: brokers, topic: to}, service.BatchPolicy{}, inFlight, nil
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
