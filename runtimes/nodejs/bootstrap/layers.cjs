'use strict'
/** How the modules of layers are found. Loaded for functions that have layers. */
const fs = require('node:fs')
const path = require('node:path')

/** Modules of layers are found after those of the code: by `NODE_PATH` for `require`, by a hook for `import`. */
function searchLayers(layersPath) {
  const nodeModule = require('node:module')
  const own = process.env.NODE_PATH
  const folder = path.join(layersPath, 'nodejs', 'node_modules')
  process.env.NODE_PATH = own === undefined || own === '' ? folder : `${own}${path.delimiter}${folder}`
  nodeModule._initPaths()
  if (own === undefined) delete process.env.NODE_PATH
  else process.env.NODE_PATH = own
  if (nodeModule.registerHooks === undefined || !fs.existsSync(folder)) return
  const parentURL = require('node:url').pathToFileURL(path.join(layersPath, 'nodejs', 'layer.js')).href
  nodeModule.registerHooks({
    resolve(name, context, nextResolve) {
      try {
        return nextResolve(name, context)
      } catch (error) {
        if (error?.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^[a-z]+:/.test(name)) throw error
        return nextResolve(name, { ...context, parentURL })
      }
    },
  })
}

module.exports = { searchLayers }
