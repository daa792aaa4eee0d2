import { expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { builtImage } from '../../support/built-image.ts';

/** The framework of an image by its last step, which may be any instruction. */
function frameworkOf(line: string): string | undefined {
  const steps = [
    { line: 'ADD alpine-minirootfs-3.24.2-x86_64.tar.gz / # buildkit', day: '2026-09-17' },
    { line, day: '2026-10-01', empty: /^(?:CMD|ENTRYPOINT|ENV) /.test(line) },
  ];
  return classifyImage(builtImage({ steps })).framework?.value;
}

test.each([
  ['ENV NEXT_TELEMETRY_DISABLED=1', 'Next.js'],
  ['CMD ["gunicorn" "--bind" "0.0.0.0:8000" "shop.wsgi"]', 'Django'],
  ['CMD ["daphne" "-b" "0.0.0.0" "shop.asgi:application"]', 'Django'],
  ['CMD ["gunicorn" "wsgi:app"]', undefined],
  ['CMD ["flask" "--app" "shop" "run" "--host=0.0.0.0"]', 'Flask'],
  ['COPY /app/target/dependency/BOOT-INF/lib /app/lib # buildkit', 'Spring Boot'],
  ['ENTRYPOINT ["java" "-Dspring.profiles.active=prod" "-jar" "/app.jar"]', 'Spring Boot'],
  ['ENTRYPOINT ["java" "-Dmicronaut.environments=prod" "-jar" "/app.jar"]', 'Micronaut'],
  ['ENV RAILS_LOG_TO_STDOUT=1', 'Rails'],
  ['CMD ["php" "/var/www/html/artisan" "queue:work"]', 'Laravel'],
  ['ENV ASPNETCORE_ENVIRONMENT=Production', undefined],
  ['ENV ASPNETCORE_HTTP_PORTS=8080', undefined],
])('%s shows %s', (line, framework) => {
  expect(frameworkOf(line)).toBe(framework);
});
