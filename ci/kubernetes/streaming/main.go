// The part of a node that an API server asks for exec, port-forward and logs: the streaming server of the Container
// Runtime Interface and the kubelet's reader of container logs, both Kubernetes' own code, over processes of this
// machine in place of containers. There is no isolation in it: it is for the tests of libs/kube alone, listens on
// loopback and runs what it is asked to run.
//
//	streaming FOLDER
//
// FOLDER/CONTAINER.log and FOLDER/CONTAINER.previous.log are containers' logs as a runtime writes them ("TIME stdout F
// text"). Says `ready PORT` and serves TLS, with a certificate of its own, until its input ends. Two kinds of paths:
// those of a kubelet (/exec/NAMESPACE/POD/CONTAINER), and those of an API server of before 1.30, which handed WebSockets
// on to the kubelet as they were and so knows nothing of v5.channel.k8s.io.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-client/pkg/logs"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const idleTimeout = time.Hour

// processes runs a container's command as a process of its own, which ends when whoever asked for it has gone.
type processes struct{}

func (processes) ExecInContainer(ctx context.Context, _, _, container string, argv []string, in io.Reader,
	out, err io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	if container == "broken" {
		return fmt.Errorf("failed to create a task: the container's memory is full")
	}
	if len(argv) == 0 {
		return fmt.Errorf("no command")
	}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	// Copied here: a Writer that is no file makes Wait() wait for the end of its input, which may never come.
	command.Stdout, command.Stderr = out, err
	if in != nil {
		stdin, problem := command.StdinPipe()
		if problem != nil {
			return problem
		}
		go func() {
			_, _ = io.Copy(stdin, in)
			_ = stdin.Close()
		}()
	}
	problem := command.Run()
	if ended, ok := problem.(*exec.ExitError); ok {
		return utilexec.CodeExitError{Err: ended, Code: ended.ExitCode()}
	}
	return problem
}

func (processes) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	peer, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return err
	}
	defer peer.Close()
	ended := make(chan struct{}, 2)
	carry := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from)
		ended <- struct{}{}
	}
	go carry(peer, stream)
	go carry(stream, peer)
	<-ended
	return nil
}

// always is a container that runs: a log is followed until the one who reads it has gone.
type always struct {
	internalapi.RuntimeService
}

func (always) ContainerStatus(context.Context, string, bool) (*runtimeapi.ContainerStatusResponse, error) {
	return &runtimeapi.ContainerStatusResponse{
		Status: &runtimeapi.ContainerStatus{State: runtimeapi.ContainerState_CONTAINER_RUNNING}}, nil
}

// flushing sends each line when it is there.
type flushing struct {
	http.ResponseWriter
}

func (f flushing) Write(bytes []byte) (int, error) {
	size, err := f.ResponseWriter.Write(bytes)
	f.ResponseWriter.(http.Flusher).Flush()
	return size, err
}

func number(request *http.Request, name string) *int64 {
	value, err := strconv.ParseInt(request.URL.Query().Get(name), 10, 64)
	if err != nil {
		return nil
	}
	return &value
}

func serveLogs(folder, container string, writer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	options := logs.LogOptions{Follow: query.Get("follow") == "true", Timestamp: query.Get("timestamps") == "true",
		TailLines: number(request, "tailLines"), LimitBytes: number(request, "limitBytes")}
	if since, err := time.Parse(time.RFC3339, query.Get("sinceTime")); err == nil {
		options.Since = since
	}
	name := container + ".log"
	if query.Get("previous") == "true" {
		name = container + ".previous.log"
	}
	path := filepath.Join(folder, filepath.Base(name))
	if _, err := os.Stat(path); err != nil {
		http.Error(writer, fmt.Sprintf("container %q has no log", container), http.StatusBadRequest)
		return
	}
	writer.Header().Set("Transfer-Encoding", "chunked")
	out := flushing{writer}
	if err := logs.ReadLogs(request.Context(), path, container, &options, always{}, out, out); err != nil {
		fmt.Fprintln(os.Stderr, "logs:", err)
	}
}

func serveExec(pod, container, yes string, writer http.ResponseWriter, request *http.Request) {
	// As the streaming server of containerd does.
	if accept := request.Header.Get("Accept"); accept != "" && !strings.Contains(accept, "*/*") {
		http.Error(writer, "406: Not Acceptable", http.StatusNotAcceptable)
		return
	}
	if container == "absent" {
		http.Error(writer, fmt.Sprintf("container not found (%q)", container), http.StatusNotFound)
		return
	}
	has := func(name string) bool { return request.URL.Query().Get(name) == yes }
	in, out, err := "input", "output", "error"
	if yes == "true" {
		in, out, err = "stdin", "stdout", "stderr"
	}
	options := remotecommand.Options{Stdin: has(in), Stdout: has(out), Stderr: has(err)}
	remotecommand.ServeExec(writer, request, processes{}, pod, "", container, request.URL.Query()["command"], &options,
		idleTimeout, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

func servePortForward(pod string, writer http.ResponseWriter, request *http.Request) {
	options, err := portforward.NewV4Options(request)
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(writer, request, processes{}, pod, "", options, idleTimeout,
		remotecommand.DefaultStreamCreationTimeout, portforward.SupportedProtocols)
}

func routes(folder string) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{space}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		serveExec(r.PathValue("pod"), r.PathValue("container"), "1", w, r)
	})
	mux.HandleFunc("/portForward/{space}/{pod}", func(w http.ResponseWriter, r *http.Request) {
		servePortForward(r.PathValue("pod"), w, r)
	})
	mux.HandleFunc("/containerLogs/{space}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		serveLogs(folder, r.PathValue("container"), w, r)
	})
	mux.HandleFunc("/api/v1/namespaces/{space}/pods/{pod}/exec", func(w http.ResponseWriter, r *http.Request) {
		serveExec(r.PathValue("pod"), r.URL.Query().Get("container"), "true", w, r)
	})
	return mux
}

func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func run(folder string) error {
	own, err := certificate()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// HTTP/2 cannot be upgraded to what exec speaks.
	server := http.Server{Handler: routes(folder), TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Printf("ready %d\n", listener.Addr().(*net.TCPAddr).Port)
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: streaming FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
