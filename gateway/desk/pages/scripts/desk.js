// Every page works without this. It makes the components of the two frameworks livelier where a browser can.
import { initAll as initGovuk } from './govuk-frontend.min.js'
import { initAll as initMoj } from './moj-frontend.min.js'

initGovuk()
initMoj()
