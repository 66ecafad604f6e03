// The NetworkPolicy controller of kube-router alone: what makes the nodes of a test cluster hold to
// NetworkPolicies, by iptables and ipset. Its routing and its proxy, which these clusters have of others,
// are left out. It runs in the network of its node, until it is ended.
package main

import (
	"context"
	"flag"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// Each write of a policy is followed at once; this only mends what somebody else has changed.
const again = time.Minute

func main() {
	klog.InitFlags(nil)
	kubeconfig := flag.String("kubeconfig", "", "how the API server is reached")
	node := flag.String("node", "", "the name of the node")
	services := flag.String("services", "", "the addresses of Services, as a CIDR")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *kubeconfig, *node, *services); err != nil {
		klog.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig, node, services string) error {
	access, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	config := options.NewKubeRouterConfig()
	config.HostnameOverride = node
	config.ClusterIPCIDRs = []string{services}
	config.EnableIPv4 = true
	config.IPTablesSyncPeriod = again

	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		return ctx.Err()
	}

	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	var ipsets sync.Mutex
	controller, err := netpol.NewNetworkPolicyController(client, config, pods, policies, namespaces, &ipsets, tables, sets)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		of cache.SharedIndexInformer
		to cache.ResourceEventHandler
	}{{pods, controller.PodEventHandler}, {namespaces, controller.NamespaceEventHandler},
		{policies, controller.NetworkPolicyEventHandler}} {
		if _, err := one.of.AddEventHandler(one.to); err != nil {
			return err
		}
	}
	// It tells that it is alive before each pass and waits to be heard.
	alive := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range alive {
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	go controller.Run(alive, ctx.Done(), &running)
	running.Wait()
	return nil
}
