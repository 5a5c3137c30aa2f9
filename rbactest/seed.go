package rbactest

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// seedVariable replays a test.
const seedVariable = "RBAC_SEED"

// Rand returns a source of random numbers for a test and logs its seed, which
// go test shows when the test fails. RBAC_SEED gives the seed to replay. The
// source is for one goroutine.
func Rand(t testing.TB) *rand.Rand {
	t.Helper()
	var seed uint64
	if v := os.Getenv(seedVariable); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("rbactest: %s is %q, want a number", seedVariable, v)
		}
	} else {
		var b [8]byte
		_, _ = crand.Read(b[:]) // never fails
		seed = binary.LittleEndian.Uint64(b[:])
	}
	t.Logf("rbactest: seed %d; to replay: %s=%d go test -run '%s'", seed, seedVariable, seed, pattern(t.Name()))
	return rand.New(rand.NewPCG(seed, 0))
}
