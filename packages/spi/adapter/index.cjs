'use strict'
/**
 * For the bootstraps of runtimes whose code speaks something else than frames: everything on the frames' side. They are
 * told the path of this file (`@millrace/spi/adapter`) by their launch plan: an instance sees no installed packages.
 */
module.exports = {
  ...require('./code-server.cjs'),
  ...require('./failure.cjs'),
  ...require('./headers.cjs'),
  ...require('./health.cjs'),
  ...require('./instance.cjs'),
  ...require('./program.cjs'),
}
