import { Counter, type Registry } from '@prometheus-io/client'

/** Told what became of the record of calls. */
export interface AuditObserver {
  recorded(calls: number): void
  dropped(calls: number): void
  /** They were answered before they were on disk. */
  late(calls: number): void
}

/** Observes nothing. */
export const silentAuditObserver: AuditObserver = { recorded: () => {}, dropped: () => {}, late: () => {} }

export function auditMetrics(registry: Registry): AuditObserver {
  const registers = [registry]
  const recorded = new Counter({
    name: 'millrace_audit_events_total',
    help: 'Calls of the control plane that were recorded as audit events.',
    registers,
  })
  const dropped = new Counter({
    name: 'millrace_audit_events_dropped_total',
    help: 'Calls of the control plane that could not be recorded: too many waited, or the built-in bus did not take them.',
    registers,
  })
  const late = new Counter({
    name: 'millrace_audit_events_late_total',
    help: 'Calls of the control plane that were answered before their audit event was on disk, because that took too long.',
    registers,
  })
  return {
    recorded: calls => recorded.inc(calls),
    dropped: calls => dropped.inc(calls),
    late: calls => late.inc(calls),
  }
}
