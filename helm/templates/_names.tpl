{{/* The release's name, or RELEASE-muster where it does not say muster itself. */}}
{{- define "muster.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "muster.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (printf "%s-operator" (include "muster.fullname" .)) -}}
{{- end -}}

{{/* What finds the operator's pods, and never those of drills, which have another component. */}}
{{- define "muster.selector" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{/* Of whatever asks kubelets for sidecars, and where sidecars ask it. */}}
{{- define "muster.podFigures" -}}
{{- printf "%s-pod-figures" (include "muster.fullname" .) -}}
{{- end -}}

{{- define "muster.podFiguresSelector" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: pod-figures
{{- end -}}

{{- define "muster.podFiguresUrl" -}}
{{- printf "http://%s.%s.svc:8081" (include "muster.podFigures" .) .Release.Namespace -}}
{{- end -}}

{{/* In the spec of each Service. What is not said is the cluster's own choice: its first family alone. */}}
{{- define "muster.ipFamilies" -}}
{{- with .Values.services.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.services.ipFamilies }}
ipFamilies:
{{- range . }}
- {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Of the Service, the Secret and the webhooks. */}}
{{- define "muster.admission" -}}
{{- printf "%s-admission" (include "muster.fullname" .) -}}
{{- end -}}

{{/* Of the metrics Service, and of the Secret of its certificate. */}}
{{- define "muster.metrics" -}}
{{- printf "%s-metrics" (include "muster.fullname" .) -}}
{{- end -}}

{{- define "muster.labels" -}}
app.kubernetes.io/name: muster
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* One release in a cluster: two would both act on every Drill. Where no cluster is asked (`helm template`), nothing
is found. */}}
{{- define "muster.onlyRelease" -}}
{{- range (lookup "rbac.authorization.k8s.io/v1" "ClusterRoleBinding" "" "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- if and (eq (index $labels "app.kubernetes.io/name" | default "") "muster") (hasSuffix "-operator" .roleRef.name) .subjects -}}
{{- $name := index $labels "app.kubernetes.io/instance" | default "" -}}
{{- $namespace := (first .subjects).namespace -}}
{{- if or (ne $name $.Release.Name) (ne $namespace $.Release.Namespace) -}}
{{- fail (printf "muster is installed already, as release %s in namespace %s, and a cluster takes one release: add your namespaces to the drillNamespaces of that one, or uninstall it first" $name $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "muster.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Who puts sidecars into pods: a policy of the API server, the operator's webhook, or nobody. */}}
{{- define "muster.injection" -}}
{{- with .Values.sidecar.injection -}}
{{- $served := $.Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- if and .enabled (or (eq .by "policy") (and (eq .by "auto") $served)) -}}
policy
{{- else if and .enabled $.Values.admission.enabled -}}
webhook
{{- end -}}
{{- end -}}
{{- end -}}

{{/* An amount of CPU or memory as a number, of thousandths: 250m is 250, 1Ki is 1024000. */}}
{{- define "muster.thousandths" -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $factors := dict "m" 1.0 "" 1e3 "k" 1e6 "M" 1e9 "G" 1e12 "T" 1e15
  "Ki" 1024e3 "Mi" 1048576e3 "Gi" 1073741824e3 "Ti" 1099511627776e3 -}}
{{- mulf (trimSuffix $unit $text) (get $factors $unit) -}}
{{- end -}}

{{/* An API server takes no pod that asks for more than it may have: neither does anybody who is to get such a sidecar. */}}
{{- define "muster.sidecarAmounts" -}}
{{- $asked := .Values.sidecar.resources.requests | default dict -}}
{{- range $what, $limit := .Values.sidecar.resources.limits -}}
{{- $request := get $asked $what -}}
{{- if and (hasKey $asked $what) (gt (float64 (include "muster.thousandths" $request)) (float64 (include "muster.thousandths" $limit))) -}}
{{- fail (printf "sidecar.resources.requests.%s is %v: at most sidecar.resources.limits.%s, which is %v, is allowed; raise that as well" $what $request $what $limit) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "muster.sidecarImage" -}}
{{- .Values.sidecar.image | default (include "muster.image" .) -}}
{{- end -}}

{{/* Of an init container of ours, in CEL. */}}
{{- define "muster.resourcesInCel" -}}
Object.spec.initContainers.resources{
{{- range $at, $kind := list "requests" "limits" }}{{ if $at }}, {{ end }}{{ $kind }}: {
  {{- $amounts := get $.Values.sidecar.resources $kind | default dict }}
  {{- range $which, $what := keys $amounts | sortAlpha }}{{ if $which }}, {{ end }}
  {{- $what | quote }}: {{ get $amounts $what | toString | quote }}{{ end }}}{{ end }}}
{{- end -}}

{{/* Never the cluster's own pods, nor the release's. */}}
{{- define "muster.injectedNamespaces" -}}
matchExpressions:
- {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, {{ .root.Release.Namespace }}]}
{{- if eq .one "namespace" }}
- {key: muster.dev/sidecars, operator: In, values: [enabled]}
{{- end }}
{{- end -}}
