// A server of one collection of ConfigMaps over TLS, which plays a part to whoever follows it, for
// bench/kube_runtime.py. It answers LIST, WATCH and WATCH with `sendInitialEvents` as an API server
// does: HTTP/1.1, a certificate that is asked of the client, objects of 2.5 kB with the
// managedFields that nobody reads. What is stamped is stamped right before it is written.
//
//	watch_server serve FOLDER_OF_KEYS OBJECTS stay
//	watch_server serve FOLDER_OF_KEYS OBJECTS stamped COUNT PAUSE_MICROSECONDS
//	watch_server serve FOLDER_OF_KEYS OBJECTS churning UPDATES
//	watch_server read FOLDER_OF_KEYS PORT
//
// serve says "port NUMBER" and serves until its input ends. read is the floor under what a client
// measures of `stamped`: it decodes nothing, and says how late the stamps came, in microseconds.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// must returns the value of a call that may fail.
func must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

// identity is a certificate of the folder with its key, and the authority of both sides.
func identity(keys, name string) (tls.Certificate, *x509.CertPool) {
	path := func(file string) string { return filepath.Join(keys, file) }
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM(must(os.ReadFile(path("ca.crt"))))
	return must(tls.LoadX509KeyPair(path(name+".crt"), path(name+".key"))), authority
}

// answer serves the requests of one connection, one after the other.
func (c *collection) answer(connection net.Conn, play part) {
	defer connection.Close()
	lines := bufio.NewReader(connection)
	for {
		request, err := http.ReadRequest(lines)
		if err != nil {
			return // the client has what it wanted
		}
		query := request.URL.Query()
		if watch := query.Get("watch"); watch != "true" && watch != "1" {
			body := c.list()
			fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				len(body), body)
			continue
		}
		io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
		stream := &stream{connection: connection}
		if query.Get("sendInitialEvents") == "true" {
			c.sayAll(stream)
		}
		play(c, stream)
		io.WriteString(connection, "0\r\n\r\n")
	}
}

func partOf(words []string) part {
	number := func(index int) int { return must(strconv.Atoi(words[index])) }
	switch {
	case len(words) == 1 && words[0] == "stay":
		return stay
	case len(words) == 3 && words[0] == "stamped":
		return stamped(number(1), number(2))
	case len(words) == 2 && words[0] == "churning":
		return churning(number(1))
	}
	fail(fmt.Errorf("no such part, or not its numbers: %v", words))
	return nil
}

func serve(keys string, objects int, play part) {
	certificate, authority := identity(keys, "server")
	listener := must(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert}))
	content := newCollection(objects)
	go func() {
		for {
			go content.answer(must(listener.Accept()), play)
		}
	}()
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
}

func main() {
	words := os.Args[1:]
	switch {
	case len(words) == 3 && words[0] == "read":
		read(words[1], words[2])
	case len(words) >= 4 && words[0] == "serve":
		serve(words[1], must(strconv.Atoi(words[2])), partOf(words[3:]))
	default:
		fail(fmt.Errorf("usage: watch_server serve FOLDER_OF_KEYS OBJECTS PART ... | read FOLDER_OF_KEYS PORT"))
	}
}
