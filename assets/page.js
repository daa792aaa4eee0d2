// What pages do in the browser: a theme that is remembered, and tables that sort and filter what they hold.
const root = document.documentElement;

function remembered() {
  try {
    return localStorage.getItem('slimboard-theme');
  } catch {
    return null; // A file opened from an e-mail may have no storage.
  }
}

function setTheme(theme) {
  root.dataset.theme = theme;
  try {
    localStorage.setItem('slimboard-theme', theme);
  } catch {
    // The choice holds until the page is closed.
  }
}

const theme = remembered();
if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
document.getElementById('theme')?.addEventListener('click', () => {
  const current = root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  setTheme(current === 'dark' ? 'light' : 'dark');
});

// On a narrow screen the pages stand in a strip that scrolls.
document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

const texts = new Intl.Collator('en', { numeric: true });

function sortValue(row, index) {
  const cell = row.cells[index];
  if (!cell) return '';
  return cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
}

// What is not known comes last, whichever way the rest is sorted.
function compare(a, b, numeric, direction) {
  if (a === '' || b === '') return (a === '') - (b === '');
  return direction * (numeric ? Number(a) - Number(b) : texts.compare(a, b));
}

function sortBy(table, head) {
  const index = head.cellIndex;
  const numeric = head.classList.contains('n');
  const isTime = table.tBodies[0].rows[0].cells[index].classList.contains('when');
  const before = head.getAttribute('aria-sort');
  const descending = before === null ? numeric || isTime : before === 'ascending';
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: sortValue(row, index) }));
  rows.sort((a, b) => compare(a.value, b.value, numeric, descending ? -1 : 1));
  body.append(...rows.map(({ row }) => row));
}

function addFilter(table) {
  const frame = table.closest('.frame');
  const rows = [...table.tBodies[0].rows];
  const input = document.createElement('input');
  const status = document.createElement('span');
  input.type = 'search';
  input.placeholder = 'Filter';
  input.setAttribute('aria-label', `Filter: ${frame.getAttribute('aria-label')}`);
  status.setAttribute('role', 'status');
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    status.textContent = wanted === '' ? '' : `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  });
  const line = document.createElement('div');
  line.className = 'filter';
  line.append(input, status);
  frame.before(line);
}

for (const table of document.querySelectorAll('table[data-sortable]')) {
  for (const button of table.querySelectorAll('th button'))
    button.addEventListener('click', () => sortBy(table, button.closest('th')));
  if (table.tBodies[0].rows.length > 8) addFilter(table);
}
