import { isDeepStrictEqual } from 'node:util'
import { AppError, retryNever } from '@millrace/spi'
import { BusSpec } from './bus.ts'
import type { BusRecord, BusState } from './bus-state.ts'
import { type Page, type PageOf, type PutResult, pageOf, type Resource } from './collection.ts'
import { type Control, checkRevision, countOf } from './control.ts'
import { busKey, defaultBusName } from './names.ts'
import type { QuotaFace } from './quota.ts'
import { documentKey } from './records.ts'
import { checkName, specParser } from './spec.ts'

const parseBus = specParser('bus', BusSpec)

/** The buses of all accounts. */
export class BusStore {
  private readonly control: Control

  constructor(control: Control) {
    this.control = control
  }

  /** Creates or replaces. Refuses the built-in bus (`bus.reserved`), bad names and specs, and another revision than `expected`. */
  put(account: string, name: string, spec: unknown, expected?: number, face?: QuotaFace): Promise<PutResult> {
    if (name === defaultBusName) return Promise.reject(reservedBus())
    return this.control.exclusive(() => this.write(account, name, spec, expected, face))
  }

  get(account: string, name: string): Resource<BusSpec> {
    return busResource(this.control.busState(account, name))
  }

  list(account: string, page: Page): PageOf<BusSpec> {
    const own = [...this.control.buses.values()].filter(state => state.account === account)
    return pageOf(own.map(busResource), page)
  }

  /** Deletes a bus without rules, and its events with it. */
  delete(account: string, name: string, expected?: number): Promise<void> {
    if (name === defaultBusName) return Promise.reject(reservedBus())
    return this.control.exclusive(async () => {
      const state = this.control.busState(account, name)
      checkRevision('bus', name, state.getRecord().revision, expected)
      const rules = state.getView().rules.size
      if (rules > 0) {
        throw new AppError('bus.not-empty', `bus ${name} still has ${rules} rules`, retryNever, {
          details: { seen: rules },
        })
      }
      const { documents } = this.control.host
      for (const rule of state.rules.keys()) await documents.delete(documentKey('rule', account, name, rule))
      await documents.delete(documentKey('bus', account, name))
      this.control.buses.delete(state.key)
      this.control.publish()
      await this.control.host.emptyLog(state.key)
    })
  }

  /** Writes without asking whether the name is reserved; inside `exclusive`, or before anybody else writes. */
  async write(
    account: string,
    name: string,
    spec: unknown,
    expected: number | undefined,
    face?: QuotaFace,
  ): Promise<PutResult> {
    checkName('bus', name)
    const parsed = parseBus(spec)
    const state = this.control.buses.get(busKey(account, name))
    const before = state?.getRecord()
    checkRevision('bus', name, before?.revision ?? 0, expected)
    if (before !== undefined && isDeepStrictEqual(before.spec, parsed))
      return { created: false, revision: before.revision }
    if (before === undefined && name !== defaultBusName) {
      const own = [...this.control.buses.values()].filter(bus => bus.name !== defaultBusName)
      this.control.checkQuota('buses', account, countOf(account, own), face)
    }
    const updatedAtMs = this.control.host.clock.nowMs()
    const createdAtMs = before?.createdAtMs ?? updatedAtMs
    const record: BusRecord = {
      spec: parsed,
      revision: (before?.revision ?? 0) + 1,
      createdAtMs,
      updatedAtMs,
    }
    await this.control.host.documents.put(documentKey('bus', account, name), record)
    if (state === undefined) await this.control.addBus(account, name, record)
    else state.setRecord(record)
    this.control.publish()
    return { created: before === undefined, revision: record.revision }
  }
}

function busResource(state: BusState): Resource<BusSpec> {
  const { spec, revision, createdAtMs, updatedAtMs } = state.getRecord()
  return { name: state.name, spec, revision, createdAtMs, updatedAtMs }
}

function reservedBus(): AppError {
  return new AppError(
    'bus.reserved',
    `the bus ${defaultBusName} belongs to the platform and cannot be changed or deleted`,
  )
}
