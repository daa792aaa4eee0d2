export default function Home() {
  return <main>ready</main>;
}
