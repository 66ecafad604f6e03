{{/* What the operator may do anywhere: look. And let a Drill go whose namespace is being deleted: what it
may do there goes with the namespace, at once. */}}
{{- define "muster.rules.reading" -}}
- apiGroups: [muster.dev]
  resources: [recoveryplans, drills, drillschedules, sidecarprofiles]
  verbs: [get, list, watch]
- apiGroups: [muster.dev]
  resources: [drills]
  verbs: [patch]
# So that a profile can say that it is not delivered for want of a right.
- apiGroups: [muster.dev]
  resources: [sidecarprofiles/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, list, watch]
# The stop for all drills: of ConfigMaps only those of this name.
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [muster-stop]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* What it may do besides in a namespace with drills. */}}
{{- define "muster.rules.operator" -}}
- apiGroups: [muster.dev]
  resources: [drills]
  verbs: [create, patch, delete]
- apiGroups: [muster.dev]
  resources: [drills/status]
  verbs: [patch, update]
- apiGroups: [muster.dev]
  resources: [drillschedules/status, recoveryplans/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [create, delete]
{{ include "muster.rules.delivery" . }}
{{- end -}}

{{/* And in a namespace with sidecars: the ConfigMaps muster-sidecar-PROFILE. Names that begin so cannot be said. */}}
{{- define "muster.rules.delivery" -}}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch]
{{- end -}}

{{/* What the pods of a drill may do, in their namespace and nowhere else. */}}
{{- define "muster.rules.runner" -}}
- apiGroups: [muster.dev]
  resources: [drills]
  verbs: [get, list, watch, patch]
- apiGroups: [muster.dev]
  resources: [drills/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [namespaces, configmaps]
  verbs: [get]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, patch, delete]
- apiGroups: [""]
  resources: [pods/exec]
  verbs: [get, create]
- apiGroups: [""]
  resources: [pods/eviction]
  verbs: [create]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch]
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments/scale, statefulsets/scale]
  verbs: [get, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, patch, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- with .Values.runnerRules }}
{{ toYaml . }}
{{- end }}
{{- end -}}
