package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// part is what is said on a watch after its beginning.
type part func(*collection, *stream)

const expired = `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",` +
	`"reason":"Expired","message":"too old resource version","code":410}}` + "\n"

// stay says nothing until the client has what it wants.
func stay(*collection, *stream) { time.Sleep(30 * time.Second) }

// stamped says `count` events, one every `pause` microseconds, whose phase is the wall clock in
// nanoseconds right before they are written.
func stamped(count, pause int) part {
	return func(all *collection, to *stream) {
		if all.times() == 1 {
			time.Sleep(500 * time.Millisecond)
			for number := 0; number < count && !to.failed; number++ {
				time.Sleep(time.Duration(pause) * time.Microsecond)
				to.say(all.update(number, fmt.Sprint(time.Now().UnixNano())))
			}
			to.say(all.update(0, "last"))
		}
		stay(all, to)
	}
}

// churning says `updates` events as fast as they are read, then a version that is gone; after the
// next list, the last event.
func churning(updates int) part {
	return func(all *collection, to *stream) {
		time.Sleep(3 * time.Second) // until the client has measured
		if all.times() > 1 {
			to.say(all.update(0, "last"))
			stay(all, to)
			return
		}
		var text strings.Builder
		for number := 0; number < updates && !to.failed; number++ {
			text.WriteString(all.update(number, fmt.Sprint("step-", number)))
			if number%atOnce == atOnce-1 || number == updates-1 {
				to.say(text.String())
				text.Reset()
			}
		}
		to.say(all.update(0, "updated"))
		time.Sleep(3 * time.Second)
		to.say(expired)
	}
}

var stamp = regexp.MustCompile(`"phase":"(\d+)"`)

// read follows a server that plays `stamped`.
func read(keys, port string) {
	certificate, authority := identity(keys, "admin")
	connection := must(tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: authority}))
	defer connection.Close()
	io.WriteString(connection, "GET /api/v1/configmaps?watch=true&sendInitialEvents=true HTTP/1.1\r\nHost: localhost\r\n\r\n")
	buffer, late := make([]byte, 1<<20), []float64{}
	for {
		size := must(connection.Read(buffer))
		now := time.Now().UnixNano()
		for _, match := range stamp.FindAllSubmatch(buffer[:size], -1) {
			late = append(late, float64(now-must(strconv.ParseInt(string(match[1]), 10, 64)))/1e3)
		}
		if bytes.Contains(buffer[:size], []byte(`"last"`)) {
			break
		}
	}
	slices.Sort(late)
	fmt.Printf("events %d p50 %.1f p99 %.1f\n", len(late), late[len(late)/2], late[len(late)*99/100])
}
