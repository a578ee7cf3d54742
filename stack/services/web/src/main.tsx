import {createRoot} from 'react-dom/client'

import {App} from './app.js'
import './styles.css'

const root = document.querySelector('#root')
if (!root) throw new Error('index.html has no element with the id "root"')
createRoot(root).render(<App />)
