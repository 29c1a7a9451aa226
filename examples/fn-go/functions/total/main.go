// Totals of orders, as a function of Function Compute.
package main

import (
	"context"
	"fmt"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

type order struct {
	ID    string `json:"id"`
	Items []struct {
		Price  int `json:"price"`
		Amount int `json:"amount"`
	} `json:"items"`
}

type total struct {
	Order string `json:"order"`
	Total int    `json:"total"`
}

func handle(ctx context.Context, order order) (total, error) {
	if len(order.Items) == 0 {
		return total{}, fmt.Errorf("order %s has no items", order.ID)
	}
	sum := 0
	for _, item := range order.Items {
		sum += item.Price * item.Amount
	}
	if known, ok := fccontext.FromContext(ctx); ok {
		known.GetLogger().Info(fmt.Sprintf("order %s costs %d", order.ID, sum))
	}
	return total{order.ID, sum}, nil
}

func main() { fc.Start(handle) }
