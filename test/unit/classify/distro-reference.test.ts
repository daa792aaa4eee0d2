import { expect, test } from 'vitest';
import { distroOfReference } from '../../../src/classify/distro-reference.ts';

test.each([
  ['library/debian:bookworm-slim', 'debian 12'],
  ['library/node:20-alpine3.20', 'alpine 3.20'],
  ['nvidia/cuda:12.2.0-base-ubuntu22.04', 'ubuntu 22.04'],
  ['library/amazoncorretto:21-al2023', 'amzn 2023'],
  ['library/amazoncorretto:17-al2', 'amzn 2'],
  ['library/eclipse-temurin:21-jre-ubi9-minimal', 'rhel 9'],
  ['library/openjdk:21-oraclelinux8', 'ol 8'],
  ['bitnami/node:20.18.0-debian-12-r5', 'debian 12'],
  ['mcr.microsoft.com/dotnet/aspnet:8.0-cbl-mariner2.0', 'mariner 2.0'],
  ['mcr.microsoft.com/dotnet/runtime:9.0-azurelinux3.0-distroless', 'azurelinux 3.0'],
  ['mcr.microsoft.com/azurelinux/base/core:3.0', 'azurelinux 3.0'],
  ['mcr.microsoft.com/azurelinux/base/nodejs:20', undefined],
  ['gcr.io/distroless/static-debian12:nonroot', 'debian 12'],
  ['mirror.example/gcr/distroless/java21-debian13@sha256:aa', 'debian 13'],
  ['registry.suse.com/bci/bci-base:15.6', 'sles 15.6'],
  ['registry.suse.com/suse/sle15:15.5.36.5.18', 'sles 15.5'],
  ['registry.suse.com/bci/python:3.11', undefined],
  ['registry.opensuse.org/opensuse/leap:15.6', 'opensuse-leap 15.6'],
  ['registry.access.redhat.com/ubi8/python-38:1-26', 'rhel 8'],
  ['quay.io/fedora/fedora-bootc:42', 'fedora 42'],
  ['openeuler/openeuler:24.03', 'openEuler 24.03'],
  // A company's own names claim nothing.
  ['registry.example/platform/app-debian12:1.0', undefined],
  ['registry.example/platform/ubuntu:3.2', 'ubuntu'],
  ['registry.example/platform/amazonlinux:1.4.2', 'amzn'],
  ['library/amazonlinux:2.0.20250305.0', 'amzn 2.0.20250305'],
  ['library/amazonlinux:2023.6.20250303.0', 'amzn 2023.6.20250303'],
  ['library/amazonlinux:2018.03', 'amzn 2018.03'],
  ['registry.example/shop/leap:15.6', undefined],
  ['registry.example/shop/api:1.0-rocky-2', undefined],
  ['registry.example/shop/portal:7', undefined],
])('%s: %s', (reference, expected) => {
  const distro = distroOfReference(reference);
  expect(distro && `${distro.id} ${distro.version ?? ''}`.trim()).toBe(expected);
});
