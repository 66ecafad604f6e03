{{/* Which series are this operator's. */}}
{{- define "muster.series" -}}
{{- .Values.prometheusRule.selector | default (printf "namespace=%q,job=\"%s-metrics\"" .Release.Namespace (include "muster.fullname" .)) -}}
{{- end -}}

{{- define "muster.alertLabels" -}}
{{- with .Values.prometheusRule.alertLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
What drills proved. Both replicas tell it, so it is looked at by plan. A gauge of an objective exists only
once a drill has measured it, and the ratios are 0 until then: hence the look at the last drill's time.
*/}}
{{- define "muster.alerts.drills" -}}
{{- $limit := .Values.prometheusRule.thresholds -}}
{{- $labels := include "muster.alertLabels" . -}}
- alert: MusterDrillMissed
  expr: max by (scenario) (muster_drill_verdict{objective="all",verdict="missed"}) == 1
  labels:
    severity: critical
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `The last drill of {{ $labels.scenario }} missed an objective.` | quote }}
    description: {{ `What the plan promises was not reached when it was tried. kubectl get drills -A names the drill; its report says where the time went.` | quote }}
- alert: MusterDrillProvedNothing
  expr: max by (scenario) (muster_drill_verdict{objective="all",verdict=~"invalid|inconclusive"}) == 1
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `The last drill of {{ $labels.scenario }} proved nothing.` | quote }}
    description: {{ `It was aborted, failed, or could not measure what it has to judge. The reason is in the Drill's status; repeat it when that is mended.` | quote }}
{{- range $objective := list "rto" "rpo" }}
- alert: Muster{{ $objective | title }}ComplianceLow
  expr: |-
    max by (scenario) (muster_{{ $objective }}_compliance_ratio) < {{ $limit.complianceRatio }}
    and on (scenario)
    max by (scenario) (muster_drill_last_finished_timestamp_seconds) > 0
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ printf "Too few drills of {{ $labels.scenario }} met the %s." ($objective | upper) | quote }}
    description: {{ printf "{{ $value | humanizePercentage }} met it; %v is asked for." $limit.complianceRatio | quote }}
{{- end }}
- alert: MusterEvidenceStale
  expr: |-
    time() - (max by (scenario) (muster_drill_last_finished_timestamp_seconds) > 0)
    > {{ $limit.evidenceMaxAgeDays }} * 86400
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `{{ $labels.scenario }} has not been drilled for {{ $value | humanizeDuration }}.` | quote }}
    description: {{ printf "Evidence older than %v days counts as none. Start a drill, or see why the schedule started none." $limit.evidenceMaxAgeDays | quote }}
- alert: MusterAuditLogSlow
  expr: sum(increase(muster_audit_slow_writes_total[1h])) > 0
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: Writes of the audit log take over 100 ms.
    description: The disk beneath it is slow or nearly full. No drill's steps wait for it, and no request of a sidecar.
- alert: MusterAuditLogIncomplete
  expr: sum(increase(muster_audit_lost_entries_total[1h])) > 0
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: Entries are missing in the audit log of the operator or of a sidecar.
    description: Its disk is full, or nobody reads its standard output. The program's log has the error, and GET /api/monitoring/audit of a sidecar.
{{- end -}}

{{/* Whether the operator itself does its work. */}}
{{- define "muster.alerts.operator" -}}
{{- $limit := .Values.prometheusRule.thresholds -}}
{{- $labels := include "muster.alertLabels" . -}}
{{- $series := include "muster.series" . -}}
- alert: MusterNoLeader
  expr: (sum(leader_election_master_status{ {{- $series -}} }) or vector(0)) < 1
  for: {{ $limit.noLeaderSeconds }}s
  labels:
    severity: critical
    {{- $labels | nindent 4 }}
  annotations:
    summary: No replica of the muster operator leads.
    description: No drill starts. Drills under way end by themselves in their pods. See whether the pods run and are ready, and what holds the Lease muster-operator.
- alert: MusterTwoLeaders
  expr: sum(leader_election_master_status{ {{- $series -}} }) > 1
  for: 1m
  labels:
    severity: critical
    {{- $labels | nindent 4 }}
  annotations:
    summary: More than one replica of the muster operator says that it leads.
    description: Look at the clocks of the nodes and at the Lease muster-operator, and restart the one that the Lease does not name.
- alert: MusterReconcileErrors
  expr: |-
    sum by (controller) (rate(controller_runtime_reconcile_errors_total{ {{- $series -}} }[5m]))
    > {{ $limit.reconcileErrorsPerSecond }}
  for: 10m
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `The controller {{ $labels.controller }} of the muster operator fails again and again.` | quote }}
    description: The operator's log names the object and the reason.
- alert: MusterQueueDeep
  expr: max by (name) (workqueue_depth{ {{- $series -}} }) > {{ $limit.queueDepth }}
  for: 10m
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `{{ $value }} objects wait for the controller {{ $labels.name }} of the muster operator.` | quote }}
    description: It is too slow or stands still. See the time that its reconciles take and what the API server answers.
- alert: MusterReconcileStuck
  expr: max by (name) (workqueue_longest_running_processor_seconds{ {{- $series -}} }) > {{ $limit.reconcileSeconds }}
  for: 1m
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `A reconcile of {{ $labels.name }} has taken {{ $value | humanizeDuration }}.` | quote }}
    description: The API server may not answer. The object waits; others are seen to.
- alert: MusterForbidden
  expr: sum by (method) (increase(rest_client_requests_total{ {{- $series -}} ,code="403"}[15m])) > 0
  for: 5m
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `The API server forbids the muster operator a {{ $labels.method }}.` | quote }}
    description: Mostly a Drill in a namespace that is not in drillNamespaces. The operator's log names it.
{{/* Of what each replica shows: API servers and scrapers ask any of them. */ -}}
- alert: MusterCertificateExpires
  expr: |-
    min by (server, certificate) (
    label_replace(muster_admission_certificate_expiry_timestamp_seconds{ {{- $series -}} }, "server", "admission", "", "")
    or label_replace(muster_metrics_certificate_expiry_timestamp_seconds{ {{- $series -}} }, "server", "metrics", "", "")) - time()
    < {{ $limit.certificateDays }} * 86400
  for: 10m
  labels:
    severity: warning
    {{- $labels | nindent 4 }}
  annotations:
    summary: {{ `The {{ $labels.certificate }} certificate of the muster operator's {{ $labels.server }} server ends in {{ $value | humanizeDuration }}.` | quote }}
    description: {{ `It should have been renewed by now. Once it has ended, wrong plans are taken without a word (admission) or nothing is scraped (metrics). The operator's log ("controller":"certificates", "metrics-certificates") says why it could not be.` | quote }}
{{- end -}}
