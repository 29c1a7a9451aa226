/** Which other workspaces the sources of a workspace may import. A key ending in `/*` stands for each folder below. */
export type WorkspaceLayers = Readonly<Record<string, readonly string[]>>

/**
 * cloudevents ← pattern ← spi ← plug-ins and server; sdk ← cli, console. Plug-ins never import the server or each
 * other: the server finds them by their manifests. The cli starts a server in its own process, and talks through
 * the sdk otherwise. Tests may import every workspace that their own package.json names.
 */
export const workspaceLayers: WorkspaceLayers = {
  'packages/cloudevents': [],
  'packages/pattern': ['packages/cloudevents'],
  'packages/spi': ['packages/cloudevents', 'packages/pattern'],
  'packages/server': ['packages/cloudevents', 'packages/pattern', 'packages/spi'],
  'packages/sdk': ['packages/cloudevents', 'packages/spi', 'packages/server'],
  'packages/cli': ['packages/sdk', 'packages/server'],
  'packages/console': ['packages/sdk'],
  'connectors/*': ['packages/cloudevents', 'packages/spi'],
  'storage/*': ['packages/spi'],
  'runtimes/*': ['packages/spi'],
}

/** Folders at the root whose programs stand outside the layers: they may import every workspace by its door. */
export const outsideLayers: readonly string[] = ['tests', 'tools', 'benchmarks', 'examples']

/**
 * Folders of `packages/server/src`, from the ground up. A folder may import those of the rows above its own, never
 * one of its own row: siblings get what they need from `app/compose` as a function.
 */
export const serverLayers: readonly (readonly string[])[] = [
  ['observability', 'calendar'],
  ['eventlog', 'resources', 'plugins', 'auth'],
  ['bus', 'quotas'],
  ['delivery'],
  ['ingest', 'functions', 'streams', 'scheduler', 'queues', 'topics', 'logstores'],
  ['http'],
  ['app'],
]

/** Folders inside another folder that have a door of their own to the outside, each with the reason. */
export const innerDoors: Readonly<Record<string, string>> = {
  'packages/server/src/bus/transform':
    'compiled at the control plane and applied by delivery; routing does not know it',
}
