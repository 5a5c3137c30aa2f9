package rbac

import "syscall"

// wallClock is time.Now().UnixMicro() without the monotonic clock. Here, and
// hardly anywhere else, package syscall takes it from the kernel's shared page;
// if there is no such page it is a system call, as time.Now is then.
var wallClock = func() int64 {
	var t syscall.Timeval
	if syscall.Gettimeofday(&t) != nil {
		return -1 // in no lease: time.Now is asked instead
	}
	return t.Sec*1_000_000 + t.Usec
}
