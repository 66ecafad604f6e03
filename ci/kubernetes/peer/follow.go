package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// What the server writes into the phase of an object when it has said all, and in between.
const (
	phaseLast    = "last"
	phaseUpdated = "updated"
	marked       = "default/object-000000"
)

// configMaps makes an informer that keeps what a reconciler would read.
func configMaps(client kubernetes.Interface) (informers.SharedInformerFactory, cache.SharedIndexInformer) {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "app=bench" }),
		informers.WithTransform(func(object any) (any, error) {
			if one, ok := object.(*corev1.ConfigMap); ok {
				one.ManagedFields = nil
				delete(one.Data, "payload")
			}
			return object, nil
		}))
	return factory, factory.Core().V1().ConfigMaps().Informer()
}

func copyAll(kubeconfig string, count int) {
	began := time.Now()
	client := clientOf(kubeconfig)
	before := cpuSeconds()
	factory, informer := configMaps(client)
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

// follow gives each object that changed to reconcile, one after the other, until it says that it is enough.
func follow(kubeconfig string, reconcile func(object *corev1.ConfigMap) bool) {
	factory, informer := configMaps(clientOf(kubeconfig))
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	add := func(object any) { queue.Add(must(cache.MetaNamespaceKeyFunc(object))) }
	must(informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: add, UpdateFunc: func(_, object any) { add(object) }}))
	stop := make(chan struct{})
	factory.Start(stop)
	for enough := false; !enough; {
		key, _ := queue.Get()
		object, exists, err := informer.GetStore().GetByKey(key)
		if err != nil {
			fail(err)
		}
		enough = exists && reconcile(object.(*corev1.ConfigMap))
		queue.Done(key)
	}
	close(stop)
}

func first(kubeconfig string) {
	launched, _ := strconv.ParseInt(os.Getenv("BENCH_LAUNCHED_NANOS"), 10, 64)
	follow(kubeconfig, func(*corev1.ConfigMap) bool {
		fmt.Printf("first %.1f\n", float64(time.Now().UnixNano()-launched)/1e3)
		return true
	})
}

func events(kubeconfig string) {
	var all []float64
	var before float64
	follow(kubeconfig, func(object *corev1.ConfigMap) bool {
		now := time.Now().UnixNano()
		if stamp, err := strconv.ParseInt(object.Data["phase"], 10, 64); err == nil && stamp > 0 {
			if len(all) == 0 {
				before = cpuSeconds()
			}
			all = append(all, float64(now-stamp)/1e3)
		}
		return object.Data["phase"] == phaseLast
	})
	cpu := (cpuSeconds() - before) * 1e6 / float64(len(all))
	sort.Float64s(all)
	at := func(share float64) float64 { return all[int(share*float64(len(all)-1))] }
	fmt.Printf("events %d p50 %.1f p99 %.1f max %.1f cpu %.2f\n", len(all), at(0.5), at(0.99), at(1), cpu)
}

// settled is the memory after the collector gave back what it can.
func settled() float64 {
	debug.FreeOSMemory()
	return residentMiB()
}

func untilPhase(store cache.Store, phase string) {
	for {
		object, exists, _ := store.GetByKey(marked)
		if exists && object.(*corev1.ConfigMap).Data["phase"] == phase {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func churn(kubeconfig string) {
	factory, informer := configMaps(clientOf(kubeconfig))
	stop := make(chan struct{})
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		fail(fmt.Errorf("never whole"))
	}
	synced, before := settled(), cpuSeconds()
	untilPhase(informer.GetStore(), phaseUpdated)
	cpu := cpuSeconds() - before
	updated := settled()
	untilPhase(informer.GetStore(), phaseLast)
	fmt.Printf("synced %.1f updated %.1f relisted %.1f cpu %.2f objects %d\n", synced, updated, settled(), cpu,
		len(informer.GetStore().ListKeys()))
	close(stop)
}
