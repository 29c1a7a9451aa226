import { AppError, type ErrorCatalogue, nearestName, retryBackoff, retryNever } from '@millrace/spi'
import type { PluginKind } from './manifest.ts'

/** Codes of this folder, for the server's catalogue. */
export const pluginErrors: ErrorCatalogue = {
  'plugin.unknown': { status: 400, description: 'No installed plug-in has this name.' },
  'plugin.unsuitable': {
    status: 400,
    description: 'The plug-in is there, but cannot do what is asked of it.',
  },
  'plugin.broken': {
    status: 500,
    description: 'A plug-in is installed and cannot be used; the message names its folder and the reason.',
  },
}

/** The refusal of a name that no plug-in has, with the nearest that one has. */
export function unknownPlugin(kind: PluginKind, name: string, known: readonly string[]): AppError {
  const nearest = nearestName(name, known)
  const list = known.length === 0 ? 'none is installed' : `installed: ${known.join(', ')}`
  const hint = nearest === undefined ? list : `did you mean ${nearest}?`
  return new AppError('plugin.unknown', `There is no ${kind} ${name}; ${hint}`, retryNever, {
    details: { kind, name, installed: known },
  })
}

/**
 * Why a plug-in that is installed cannot be used. Deliveries may try again: whoever mends the folder and restarts
 * the server finds them waiting.
 */
export function brokenPlugin(folder: string, reason: string, cause?: unknown): AppError {
  return new AppError('plugin.broken', `The plug-in in ${folder} cannot be used: ${reason}`, retryBackoff, {
    cause,
    details: { folder },
  })
}
