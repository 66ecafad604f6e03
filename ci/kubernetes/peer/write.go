package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apply_apps "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const (
	space       = "default"
	deployments = 10 // made by bench/kube_runtime, which runs first
	warmUp      = 200
)

func nameOf(number int) string { return fmt.Sprintf("bench-%d", number%deployments) }

// status differs from number to number, so that each is a write.
func status(number int, run string) *apply_apps.DeploymentApplyConfiguration {
	condition := func(kind appsv1.DeploymentConditionType, message string) *apply_apps.DeploymentConditionApplyConfiguration {
		return apply_apps.DeploymentCondition().WithType(kind).WithStatus(corev1.ConditionTrue).
			WithReason("Measured").WithMessage(message)
	}
	return apply_apps.Deployment(nameOf(number), space).WithStatus(apply_apps.DeploymentStatus().
		WithObservedGeneration(int64(number)).WithReplicas(3).WithUpdatedReplicas(3).WithReadyReplicas(int32(number%4)).
		WithConditions(condition(appsv1.DeploymentAvailable, "it has its replicas"),
			condition(appsv1.DeploymentProgressing, fmt.Sprintf("step %d of %s", number, run))))
}

func copyOfDeployments(client kubernetes.Interface) cache.Store {
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "app=bench" }),
		informers.WithTransform(stripManagedFields))
	informer := factory.Apps().V1().Deployments().Informer()
	stop := make(chan struct{})
	factory.Start(stop)
	cache.WaitForCacheSync(stop, informer.HasSynced)
	return informer.GetStore()
}

// untilSeen waits until the copy has what was written.
func untilSeen(store cache.Store, written *appsv1.Deployment) {
	for {
		object, exists, _ := store.GetByKey(space + "/" + written.Name)
		if exists && object.(*appsv1.Deployment).ResourceVersion == written.ResourceVersion {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func apply(kubeconfig string, count int, followed bool) {
	client := clientOf(kubeconfig)
	var store cache.Store
	if followed {
		store = copyOfDeployments(client)
	}
	run := fmt.Sprint(time.Now().UnixNano())
	var before float64
	var began time.Time
	for i := 0; i < warmUp+count; i++ {
		if i == warmUp {
			before, began = cpuSeconds(), time.Now()
		}
		written := must(client.AppsV1().Deployments(space).ApplyStatus(context.Background(), status(i, run),
			metav1.ApplyOptions{FieldManager: "bench", Force: true}))
		if followed {
			untilSeen(store, written)
		}
	}
	fmt.Printf("applies %d cpu %.1f elapsed %.1f\n", count, (cpuSeconds()-before)*1e6/float64(count),
		time.Since(began).Seconds()*1e6/float64(count))
}

func say(what string) { fmt.Println(what, time.Now().UnixNano()) }

func elect(kubeconfig, lease, identity string, seconds int) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	duration := time.Duration(seconds) * time.Second
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: space, Name: lease},
			Client:     clientOf(kubeconfig).CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   duration,
		RenewDeadline:   duration * 10 / 15,
		RetryPeriod:     duration * 2 / 15,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { say("leads") },
			OnStoppedLeading: func() {},
			OnNewLeader: func(holder string) {
				if holder != identity {
					say("waits")
				}
			},
		},
	})
	if ctx.Err() == nil {
		say("lost")
		os.Exit(1)
	}
}
