package main

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
)

// stripManagedFields drops what is most of an object and nobody reads.
func stripManagedFields(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	return object, nil
}

// idle does what an operator without work does: it keeps copies of its four kinds and of pods, and its Lease.
func idle(kubeconfig string) {
	config := configOf(kubeconfig)
	resources := dynamicinformer.NewDynamicSharedInformerFactory(must(dynamic.NewForConfig(config)), 10*time.Hour)
	for _, name := range []string{"drills", "recoveryplans", "drillschedules", "sidecarprofiles"} {
		informer := resources.ForResource(schema.GroupVersionResource{Group: "muster.dev", Version: "v1alpha1", Resource: name}).Informer()
		if err := informer.SetTransform(stripManagedFields); err != nil {
			fail(err)
		}
	}
	pods := informers.NewSharedInformerFactory(clientOf(kubeconfig), 10*time.Hour)
	pods.Core().V1().Pods().Informer()
	stop := make(chan struct{})
	resources.Start(stop)
	pods.Start(stop)
	elect(kubeconfig, "peer", "peer", 15)
}
