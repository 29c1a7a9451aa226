export { pluginErrors } from './errors.ts'
export { type ConnectorSummary, createPlugins, type Plugins, type PluginsOptions } from './plugins.ts'
