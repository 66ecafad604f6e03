{{/* As the Pod Security Standard "restricted" wants it. */}}
{{- define "muster.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "muster.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "muster.placement" -}}
{{- with .Values.nodeSelector -}}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .Values.tolerations -}}
tolerations:
{{ toYaml . }}
{{ end -}}
affinity:
{{- with .Values.affinity }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "muster.selector" . | nindent 12 }}
{{- end }}
topologySpreadConstraints:
{{- with .Values.topologySpreadConstraints }}
{{ toYaml . }}
{{- else }}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "muster.selector" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Flags of who makes the pods of drills: the operator, and what ends drills before it goes. */}}
{{- define "muster.drillFlags" -}}
- --undo-grace-seconds={{ .Values.undoGraceSeconds }}
- --pull-policy={{ .Values.image.pullPolicy }}
{{- with .Values.evidence.claim }}
- --evidence-claim={{ . }}
{{- end }}
{{- with .Values.evidence.keySecret }}
- --key-secret={{ . }}
{{- end }}
{{- with .Values.drillKeySecret }}
- --drill-key-secret={{ . }}
{{- end }}
{{- end -}}

{{- define "muster.operatorEnv" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
# The pods of drills are of the same image.
- name: MUSTER_IMAGE
  value: {{ include "muster.image" . | quote }}
{{- include "muster.proxyEnv" . }}
{{- end -}}

{{/* How the API server is reached, where it is not at once. */}}
{{- define "muster.proxyEnv" -}}
{{- if .Values.proxy.url }}
- name: HTTPS_PROXY
  value: {{ .Values.proxy.url | quote }}
{{- with .Values.proxy.except }}
- name: NO_PROXY
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}
