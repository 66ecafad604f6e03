// The peer of bench/kube_sync: the same objects copied by client-go, typed, without managedFields.
//
//	peer KUBECONFIG COUNT
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
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
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "VmRSS:") {
			kib, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			return kib / 1024
		}
	}
	return 0
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: peer KUBECONFIG COUNT"))
	}
	began := time.Now()
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fail(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		fail(err)
	}
	config.QPS, config.Burst = -1, -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		fail(err)
	}
	before := cpuSeconds()
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "app=bench" }),
		informers.WithTransform(func(object any) (any, error) {
			if one, ok := object.(*corev1.ConfigMap); ok {
				one.ManagedFields = nil
				delete(one.Data, "payload")
			}
			return object, nil
		}))
	informer := factory.Core().V1().ConfigMaps().Informer()
	stop := make(chan struct{})
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		fail(fmt.Errorf("never whole"))
	}
	elapsed, cpu := time.Since(began).Seconds(), cpuSeconds()-before
	debug.FreeOSMemory()
	stored := len(informer.GetStore().ListKeys())
	fmt.Printf("objects %d elapsed %.3f cpu %.3f resident %.1f\n", stored, elapsed, cpu, residentMiB())
	close(stop)
	if stored != count {
		os.Exit(1)
	}
}
