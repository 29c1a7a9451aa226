import type { SinkSpec } from './resources.ts'
import type { StreamSpec } from './streams.ts'
import { defineInstance, defineStream, type WiringItem } from './wiring.ts'

/** Text that need not stand in the file: in its place, a variable of the environment or a file may be named. */
export type ReferencedText = string | { readonly env: string } | { readonly file: string }

/** How to be let in. */
export type ConnectionAuth =
  | { type: 'bearer'; token: ReferencedText }
  | { type: 'basic'; username: string; password: ReferencedText }
  | { type: 'apiKey'; header: string; value: ReferencedText }
  | {
      type: 'oauth2'
      tokenUrl: string
      method?: 'POST' | 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
      clientId: string
      clientSecret: ReferencedText
      clientIn?: 'body' | 'query' | 'basic'
      query?: Record<string, ReferencedText>
      headers?: Record<string, ReferencedText>
      body?: Record<string, ReferencedText>
    }

/** Address and credentials of an HTTP API, which several targets share. */
export interface ConnectionOptions {
  description?: string
  url?: ReferencedText
  method?: string
  /** Sent with every request. */
  headers?: Record<string, string>
  auth?: ConnectionAuth
  tls?: Record<string, unknown>
}

/**
 * A connection of the wiring: an instance of the connector `http`. Targets name it by
 * `sink: { connector: 'http', instance: NAME, options: { url } }`.
 */
export function defineConnection(name: string, { description, ...options }: ConnectionOptions): WiringItem {
  return defineInstance(name, {
    ...(description === undefined ? {} : { description }),
    connector: 'http',
    options,
  })
}

/** When something happens, and what. Whatever else a stream can be told stands beside it. */
export interface ScheduleOptions extends Omit<StreamSpec, 'source'> {
  /** Six fields: second, minute, hour, day of the month, month, day of the week. */
  schedule: string
  /** Name of the time zone database, or an offset such as `GMT+8:00`; UTC unless told. */
  timeZone?: string
  /** What stands in `data.UserData` of the event. */
  userData?: unknown
  /** Firings that were due while nothing ran are made up when they are no older than this; 60,000 ms unless told. */
  lateMsMax?: number
  /** What gets the event: a function, a bus, a queue, another system. */
  sink: SinkSpec
}

/** A schedule of the wiring: a stream of the connector `schedule`. */
export function defineSchedule(name: string, schedule: ScheduleOptions): WiringItem {
  const { schedule: expression, timeZone, userData, lateMsMax, ...spec } = schedule
  return defineStream(name, {
    ...spec,
    source: {
      connector: 'schedule',
      options: {
        schedule: expression,
        ...(timeZone === undefined ? {} : { timeZone }),
        ...(userData === undefined
          ? {}
          : { userData: typeof userData === 'string' ? userData : JSON.stringify(userData) }),
        ...(lateMsMax === undefined ? {} : { lateMsMax }),
      },
    },
  })
}
