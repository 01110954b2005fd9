// The task that piscina runs beside ours.

export default function square(x: number): number {
  return x * x;
}
