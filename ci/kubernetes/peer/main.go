// The peer of the benchmarks of libs/kube: the same by client-go, on the same objects.
//
//	peer sync KUBECONFIG COUNT               bench/kube_sync
//	peer first|events|churn KUBECONFIG       bench/kube_runtime, like the rest
//	peer apply|reconcile KUBECONFIG COUNT
//	peer elect KUBECONFIG LEASE IDENTITY SECONDS
//	peer idle KUBECONFIG                     bench/operator_idle.py
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
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

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fail(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(used.Utime) + seconds(used.Stime)
}

func residentMiB() float64 {
	status := must(os.ReadFile("/proc/self/status"))
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "VmRSS:") {
			kib, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			return kib / 1024
		}
	}
	return 0
}

func configOf(path string) *rest.Config {
	config := must(clientcmd.BuildConfigFromFlags("", path))
	config.QPS, config.Burst = -1, -1
	return config
}

func clientOf(path string) *kubernetes.Clientset {
	return must(kubernetes.NewForConfig(configOf(path)))
}

func main() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	words := os.Args[1:]
	if len(words) < 2 {
		fail(fmt.Errorf("usage: peer sync|first|events|churn|apply|reconcile|elect|idle KUBECONFIG ..."))
	}
	mode, kubeconfig, number := words[0], words[1], 0
	if len(words) > 2 {
		number, _ = strconv.Atoi(words[len(words)-1])
	}
	switch {
	case mode == "sync" && len(words) == 3:
		copyAll(kubeconfig, number)
	case mode == "first":
		first(kubeconfig)
	case mode == "events":
		events(kubeconfig)
	case mode == "churn":
		churn(kubeconfig)
	case (mode == "apply" || mode == "reconcile") && len(words) == 3:
		apply(kubeconfig, number, mode == "reconcile")
	case mode == "elect" && len(words) == 5:
		elect(kubeconfig, words[2], words[3], number)
	case mode == "idle":
		idle(kubeconfig)
	default:
		fail(fmt.Errorf("no such mode, or not its arguments: %s", mode))
	}
}
