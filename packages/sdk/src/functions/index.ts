/**
 * Types for the code of functions. Nothing of them is left when the code runs, so the package of a function does not need
 * this one: `import type { EventHandler } from '@millrace/sdk/functions'`.
 */
export type {
  FunctionCallback,
  FunctionContext,
  FunctionCredentials,
  FunctionLogger,
} from './context.ts'
export type {
  CallbackEventHandler,
  CallbackHook,
  EventHandler,
  FunctionResult,
  HttpEvent,
  HttpEventAnswer,
  HttpEventHandler,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  Initializer,
  PreFreezeHook,
  PreStopHook,
} from './handlers.ts'
