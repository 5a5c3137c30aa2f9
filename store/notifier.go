package store

import "context"

// Notifier is an optional capability of a Store: to say at once that a tenant
// has moved on, so that other processes need not wait for their next poll. It
// is a hint. Nothing depends on one arriving, arriving once, or being true.
type Notifier interface {
	// Listen calls f with each tenant that may have moved on, from one
	// goroutine, until ctx ends or hints can no longer be received, and says
	// why it ended. f is quick and does not call the store. Listen is called
	// again, after a pause, until ctx ends.
	Listen(ctx context.Context, f func(tenant string)) error
}
